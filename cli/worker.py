"""``fund worker``: do what follows from facts, in the background, until a stop."""

from __future__ import annotations

import click

from cli.params import option, shell, verb
from fund.language import N_


@verb(
    None,
    "worker",
    N_("Handle facts in the background"),
    about=N_(
        "Hands out what is due, reacts to facts and lets deadlines fall due. Any number of workers may run at the same "
        "time, on as many machines as wanted; a stop in the middle of anything loses nothing. One JSON object per line "
        "goes to standard error."
    ),
    examples=("fund --broker redis://127.0.0.1:6379/0 worker", "fund worker --once"),
    who=N_("the account that runs the service"),
    see=("status", "event deliveries"),
)
@option("--once", is_flag=True, help=N_("Stop when nothing is open"))
@option(
    "--threads", type=click.IntRange(1, 64), default=4, show_default=True, metavar="N", help=N_("Threads that react")
)
@click.pass_context
def worker(ctx: click.Context, once: bool, threads: int) -> None:
    from fund.worker import log_to_stderr, run, stop_signal

    settings = shell(ctx).settings
    log_to_stderr()
    run(settings.database_url, broker=settings.broker_url, stop=stop_signal(), threads=threads, once=once)
