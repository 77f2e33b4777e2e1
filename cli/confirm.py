"""``fund confirm`` and ``fund decline``: the second person of a command that asks two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli.output import confirmed_line, trial_lines
from cli.params import Ref, argument, changing, look, option, run, verb
from fund.language import N_, _

_CONFIRM = "fund confirm "


class _Pending(Ref):
    """What waits for a second person, as the inbox of the one who types names it."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            items = look(ctx, "inbox", {})["items"]
        except Exception:  # no database, no rights, a lock: completion stays silent, whatever it is
            return []
        typed = set(ctx.params.get("refs") or ())
        waiting = {
            str(item["command"]).removeprefix(_CONFIRM): str(item["what"])
            for item in items
            if str(item["command"]).startswith(_CONFIRM)
        }
        return [
            CompletionItem(ref, help=what)
            for ref, what in waiting.items()
            if ref.startswith(incomplete) and ref not in typed
        ]


PENDING = _Pending()


def _asked(refs: Iterable[str]) -> dict[str, Any]:
    """The argument of one, or of several that happen together; one that was typed twice is meant once."""
    wanted = list(dict.fromkeys(refs))
    return {"ref": wanted[0]} if len(wanted) == 1 else {"refs": wanted}


@verb(
    None,
    "confirm",
    N_("Confirm as the second person"),
    about=N_(
        "Shows what the first person was shown, and makes it happen in the name of both. "
        "Several are shown together and asked once: all of them happen, or none."
    ),
    examples=("fund --as bram confirm Q2026-0012", "fund --as bram confirm Q2026-0012 Q2026-0013"),
    who=N_("somebody else than who gave the command, in the role that its second signature asks"),
    see=("decline", "inbox"),
)
@argument("refs", type=PENDING, nargs=-1, required=True, metavar="REF...", help=N_("What waits, as the inbox names it"))
@changing
def confirm(ctx: click.Context, refs: tuple[str, ...]) -> None:
    run(ctx, "confirm", _asked(refs), ask=_shown, tell=_confirmed)


def _shown(answer: Mapping[str, Any]) -> Iterator[str]:
    if "answers" not in answer:
        yield confirmed_line(answer)
    yield from trial_lines(answer)


def _confirmed(answer: Mapping[str, Any]) -> Iterator[str]:
    several = answer.get("answers")
    for each in several or (answer,):
        yield _("{ref} is confirmed: {command}.").format(ref=each["confirmed"], command=f"`fund {each['command']}`")
        if not answer.get("dry_run"):
            yield from trial_lines(each)
        if several and each.get("next"):
            yield _("Next step: {command}").format(command=each["next"])


@verb(
    None,
    "decline",
    N_("Refuse as the second person"),
    about=N_(
        "What waited will not happen. The reason is kept; `fund explain REF` shows it to the first person. "
        "Several are declined for one reason: all of them, or none."
    ),
    examples=('fund --as bram decline Q2026-0012 --reason "the amount is not as decided"',),
    who=N_("whoever may confirm it, and the person who gave the command"),
    see=("confirm", "inbox"),
)
@argument("refs", type=PENDING, nargs=-1, required=True, metavar="REF...", help=N_("What waits, as the inbox names it"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@changing
def decline(ctx: click.Context, refs: tuple[str, ...], reason: str) -> None:
    run(ctx, "decline", {**_asked(refs), "reason": reason}, tell=_declined)


def _declined(answer: Mapping[str, Any]) -> list[str]:
    return [
        _("{ref} is declined; nothing else was changed.").format(ref=ref)
        for ref in answer.get("refs") or [answer["result"]["ref"]]
    ]
