"""``fund confirm`` and ``fund decline``: the second person of a command that asks two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli.output import trial_lines
from cli.params import Ref, argument, changing, look, option, run, verb
from fund.language import N_, _

_CONFIRM = "fund confirm "


class _Pending(Ref):
    """What waits for a second person, as the inbox of the one who types names it."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            commands = [str(item["command"]) for item in look(ctx, "inbox", {})["items"]]
        except Exception:  # no database, no rights, a lock: completion stays silent, whatever it is
            return []
        refs = [command.removeprefix(_CONFIRM) for command in commands if command.startswith(_CONFIRM)]
        return [CompletionItem(ref) for ref in refs if ref.startswith(incomplete)]


PENDING = _Pending()


@verb(
    None,
    "confirm",
    N_("Confirm as the second person"),
    about=N_("Shows what the first person was shown, and makes it happen in the name of both."),
    examples=("fund --as bram confirm Q2026-0012",),
    who=N_("somebody else than who gave the command, in the role that its second signature asks"),
    see=("decline", "inbox"),
)
@argument("ref", type=PENDING, help=N_("What waits, as the inbox names it"))
@changing
def confirm(ctx: click.Context, ref: str) -> None:
    def told(answer: Mapping[str, Any]) -> Iterator[str]:
        yield _("{ref} is confirmed: {command}.").format(ref=ref, command=f"fund {answer['command']}")
        yield from trial_lines(answer) if not answer.get("dry_run") else ()

    run(ctx, "confirm", {"ref": ref}, ask=True, tell=told)


@verb(
    None,
    "decline",
    N_("Refuse as the second person"),
    about=N_("What waited will not happen. The reason is kept and the first person sees it."),
    examples=('fund --as bram decline Q2026-0012 --reason "the amount is not as decided"',),
    who=N_("whoever may confirm it, and the person who gave the command"),
    see=("confirm", "inbox"),
)
@argument("ref", type=PENDING, help=N_("What waits, as the inbox names it"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@changing
def decline(ctx: click.Context, ref: str, reason: str) -> None:
    run(
        ctx,
        "decline",
        {"ref": ref, "reason": reason},
        tell=lambda _answer: [_("{ref} is declined; nothing else was changed.").format(ref=ref)],
    )
