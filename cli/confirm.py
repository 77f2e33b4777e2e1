"""``fund confirm`` and ``fund decline``: the second person of a command that asks two."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from cli.output import confirmed_line, trial_lines
from cli.params import Ref, argument, listing_of, run
from cli.params.declared import declared
from fund.commands.commands import Confirm, Decline
from fund.declarations import Answer
from fund.language import N_, _

_CONFIRM = "fund confirm "


class _Pending(Ref):
    """What waits for a second person, as the inbox of the one who types names it."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            items = listing_of(ctx, "inbox")["items"]
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


_REFS = argument(
    "refs", type=PENDING, nargs=-1, required=True, metavar="REF...", help=N_("What waits, as the inbox names it")
)


@declared(None, Confirm)
@_REFS
def confirm(ctx: click.Context, refs: tuple[str, ...]) -> None:
    run(ctx, Confirm(refs=refs), ask=_shown, done=_confirmed)


def _shown(answer: Answer) -> Iterator[str]:
    if "answers" not in answer:
        yield confirmed_line(answer)
    yield from trial_lines(answer)


def _confirmed(answer: Answer) -> Iterator[str]:
    several = answer.get("answers")
    for each in several or (answer,):
        yield _("{ref} is confirmed: {command}.").format(ref=each["confirmed"], command=f"`fund {each['command']}`")
        if not answer.get("dry_run"):
            yield from trial_lines(each)
        if several and each.get("next"):
            yield _("Next step: {command}").format(command=each["next"])


@declared(None, Decline)
@_REFS
def decline(ctx: click.Context, refs: tuple[str, ...], reason: str) -> None:
    run(ctx, Decline(refs=refs, reason=reason), done=_declined)


def _declined(answer: Answer) -> list[str]:
    return [
        _("{ref} is declined; nothing else was changed.").format(ref=ref)
        for ref in answer.get("refs") or [answer["result"]["ref"]]
    ]
