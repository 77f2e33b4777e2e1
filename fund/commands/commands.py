"""What can be asked of everything that waits for a second person; ``delivery`` carries it out."""

from __future__ import annotations

from typing import Any

from fund.declarations import TEXT, Input, Reference, argument, command, option
from fund.language import N_
from fund.rules.authority import ANYONE


class _Waiting(Input):
    """What waits, by its refs; several happen together, and one that was typed twice is meant once."""

    refs: tuple[str, ...] = argument(
        Reference(), N_("What waits, as the inbox names it"), several=True, metavar="REF..."
    )

    def given(self) -> dict[str, Any]:
        refs = list(dict.fromkeys(self.refs))
        named = {"ref": refs[0]} if len(refs) == 1 else {"refs": refs}
        return {**named, **{name: value for name, value in super().given().items() if name != "refs"}}


@command(
    "confirm",
    ".confirming:confirm",
    ANYONE,
    examples=("fund --as bram confirm Q2026-0012", "fund --as bram confirm Q2026-0012 Q2026-0013"),
    permitted=N_("somebody else than who gave the command, in the role that its second signature asks"),
    see=("decline", "inbox"),
)
class Confirm(_Waiting):
    """Confirm as the second person.

    Shows what the first person was shown, and makes it happen in the name of both. Several are shown together and
    asked once: all of them happen, or none.
    """


@command(
    "decline",
    ".confirming:decline",
    ANYONE,
    examples=('fund --as bram decline Q2026-0012 --reason "the amount is not as decided"',),
    permitted=N_("whoever may confirm it, and the person who gave the command"),
    see=("confirm", "inbox"),
)
class Decline(_Waiting):
    """Refuse as the second person.

    What waited will not happen. The reason is kept; `fund explain REF` shows it to the first person. Several are
    declined for one reason: all of them, or none.
    """

    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
