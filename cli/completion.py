"""``fund completion``: the lines that let a shell complete nouns, verbs, options, refs and accounts."""

from __future__ import annotations

import click

from cli.output import say_lines
from cli.params import argument, verb
from fund.language import N_


@verb(
    None,
    "completion",
    N_("Print completion for your shell"),
    about=N_("Put the result in a file that your shell reads at its start."),
    examples=("fund completion bash", "fund completion zsh", "fund completion fish"),
)
@argument("shell", type=click.Choice(["bash", "zsh", "fish"]), help=N_("Which shell"))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    # The template itself: Click's own way asks bash for its version first, which printing does not need.
    script = kind(ctx.find_root().command, {}, "fund", "_FUND_COMPLETE")
    say_lines((script.source_template % script.source_vars()).splitlines())
