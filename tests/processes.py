"""Processes of their own for tests: forked from one that has read the program and done nothing yet."""

from __future__ import annotations

import multiprocessing

__all__ = ["PROCESSES"]

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.ledger.clerks", "tests.workflows.racing", "psycopg"])
