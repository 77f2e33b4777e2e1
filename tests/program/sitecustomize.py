"""A program that a test starts has the clock of the tests, running: Python reads this file before the program."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Clocks(MetaPathFinder):
    """What reads a clock is given the one of ``tests/still.py``, as soon as it is loaded."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in ("fund.dates", "fund.store.work"):
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_set(module: ModuleType) -> None:
                execute(module)
                from tests.still import running

                if name == "fund.dates":
                    module.now = running
                else:
                    module.WorkStore.database_clock = lambda _store: running()

            spec.loader.exec_module = execute_and_set  # type: ignore[method-assign]
        return spec


if "FUND_TEST_DAY" in os.environ:
    sys.meta_path.insert(0, _Clocks())
