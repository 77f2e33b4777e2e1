"""``fund status``: how the fund and its machine are doing, in four lines, and what needs a person."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from cli.output import emit_json, say, short_hash
from cli.params import Code, opened, reading, shell, typed, verb
from fund.language import N_, _, euros


@verb(
    None,
    "status",
    N_("Show how the fund and its computer are doing"),
    about=N_("Exit code 0 is fine, 3 needs a person, 4 is not ready."),
    examples=("fund status", "fund --as anna status --json"),
    see=("verify", "inbox"),
)
@reading
def status(ctx: click.Context) -> None:
    from fund import operations

    with opened(ctx, changes=False) as fund:
        found = operations.status(fund.engine, user=shell(ctx).settings.user)
    found["broker"] = None
    broker = shell(ctx).settings.broker_url
    if broker is not None:
        from fund.outbox.broker import answers

        found["broker"] = answers(broker)
        found |= operations.reasons(found)
    if typed(ctx, "json"):
        emit_json({"schema_version": 1, **found})
    else:
        _show(found)
    if found["needs_person"]:
        ctx.exit(Code.DIFFERENCES)


def _show(found: Mapping[str, Any]) -> None:
    from fund.rules.valuation import free_text, nothing_free
    from fund.words import role_word

    who = _("nobody is named") if not found["user"] else found["user"]
    roles = ", ".join(role_word(role) for role in found["roles"])
    say(
        _("{fund}, {database}, version {revision}; you: {who}").format(
            fund=found["fund"],
            database=found["database"],
            revision=found["revision"],
            who=f"{who} ({roles})" if roles else who,
        )
    )
    say(
        _("Head: entry {seq} ({hash}), fact {fact}; last locked month: {month}").format(
            seq=found["head"]["seq"],
            hash=short_hash(found["head"]["hash"]),
            fact=found["events_head"]["seq"],
            month=found["last_locked_month"] or _("none"),
        )
    )
    say(
        _("Bank {cash}, free to commit {free}; running experiments: {running}; waiting for you: {waiting}").format(
            cash=euros(found["cash_cents"]),
            free=free_text(found["free_to_commit_cents"]),
            running=found["running_experiments"],
            waiting="-" if found["waiting_for_you"] is None else found["waiting_for_you"],
        )
    )
    nothing = nothing_free(found["free_to_commit_cents"], found["capital_cents"])
    if nothing:
        say(nothing)
    deliveries = found["deliveries"]
    say(
        _(
            "Deliveries: {pending} pending, {failed} failed, {dead} dead; late deadlines: {late}; workers: {workers}"
        ).format(
            pending=deliveries.get("pending", 0),
            failed=deliveries.get("failed", 0),
            dead=deliveries.get("dead", 0) + found["timers_dead"],
            late=found["timers_overdue"],
            workers=sum(1 for worker in found["workers"] if worker["alive"]),
        )
    )
    for reason in found["reasons"]:
        say(_(SAID[reason].line).format(count=found["waiting_for_newer_code"], file=found["database"]))
    steps = [step(found) for reason in found["reasons"] if (step := SAID[reason].step) is not None]
    for command in filter(None, dict.fromkeys(steps)):
        say(_("Next step: {command}").format(command=command))


def _worker(found: Mapping[str, Any]) -> str:
    """The worker that is started where none is at work."""
    if any(worker["alive"] for worker in found["workers"]):
        return ""
    return "fund worker" if found["database"].startswith("postgresql:") else "fund worker --once"


@dataclass(frozen=True, slots=True)
class Said:
    """A reason why a person is needed: in a sentence, which says what to do where no command does it."""

    line: str
    step: Callable[[Mapping[str, Any]], str] | None = None


SAID: Mapping[str, Said] = {
    "dead": Said(N_("What is dead is not tried again by itself."), lambda _found: "fund event dead"),
    "nobody_at_work": Said(
        N_("No worker runs, so nobody acts on the late deadlines until the next command that changes something."),
        _worker,
    ),
    "clock_problem": Said(
        N_(
            "The database's clock is not that of this machine, or lies before the last fact; no deadline is acted "
            "upon. Set both clocks right, and it goes on by itself."
        )
    ),
    "waiting_for_newer_code": Said(
        N_(
            "What follows from some facts ({count}) has been waiting for a newer version of this program for over an "
            "hour. Install the version that recorded them wherever a worker runs."
        )
    ),
    "readable_by_others": Said(
        N_("Every account of this machine can read {file}."), lambda found: f"chmod o= {shlex.quote(found['database'])}"
    ),
    "failed": Said(N_("What failed is tried again by a worker, five times in all; then it is dead."), _worker),
    "broker_away": Said(
        N_("The broker does not answer; workers do without. Start it, or name another with FUND_BROKER.")
    ),
}
"""For each of the reasons that ``fund.operations`` knows."""
