"""``fund status``: how the fund and its machine are doing, in four lines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
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

    with opened(ctx, changes=False) as (fund, _carry_out, _look):
        found = operations.status(fund.engine, user=shell(ctx).settings.user)
    found["broker"] = None
    broker = shell(ctx).settings.broker_url
    if broker is not None:
        from fund.worker import broker_answers

        found["broker"] = broker_answers(broker)
        found["needs_person"] = found["needs_person"] or not found["broker"]
    if typed(ctx, "json"):
        emit_json({"schema_version": 1, **found})
    else:
        _show(found)
    if found["needs_person"]:
        ctx.exit(Code.DIFFERENCES)


def _show(found: Mapping[str, Any]) -> None:
    from fund.glossary import role_word
    from fund.rules.valuation import free_text, nothing_free

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
    if found["broker"] is False:
        say(_("The broker does not answer; workers do without."))
    if found["clock_problem"]:
        say(_("The database's clock is not that of this machine; no deadline is acted upon."))
    if found["nobody_at_work"]:
        say(_("No worker runs, so nobody acts on the late deadlines until the next command that changes something."))
    if found["readable_by_others"]:
        say(_("Every account of this machine can read {file}.").format(file=found["database"]))
    if found["needs_person"]:
        say(_("Next step: {command}").format(command=_next_step(found)))


def _next_step(found: Mapping[str, Any]) -> str:
    """What helps with the worst of what needs a person."""
    if found["deliveries"].get("dead") or found["timers_dead"]:
        return "fund event dead"
    if found["nobody_at_work"]:
        return "fund worker --once" if not found["database"].startswith("postgresql:") else "fund worker"
    if found["readable_by_others"]:
        return f"chmod o= {shlex.quote(found['database'])}"
    return "fund event deliveries"
