"""What every command shares: how arguments are read, the options of changing and of reading commands, and the two
calls into the fund.

A noun file declares its verbs with :func:`noun`, :func:`verb`, :func:`argument`, :func:`option` and one of
:func:`changing` and :func:`reading`; its body calls :func:`run` or :func:`read`. Nothing here is loaded from the
fund before a command really runs, so that help and completion stay quick.
"""

from __future__ import annotations

from cli.output import write_output
from cli.params.asking import confirmed, leave, listed, look, may_write, opened, present, read, run
from cli.params.attached import with_files
from cli.params.context import Code, Shell, shell, typed
from cli.params.helped import Command, Group
from cli.params.types import (
    ACCOUNT,
    ATTACHMENT,
    BANK_FILE,
    BROKER,
    DATABASE,
    DAY,
    DOCUMENT,
    FILE,
    FORM,
    MONEY,
    PARTNER,
    PAYEE,
    PERIOD,
    ROLE,
    THEME,
    USER,
    Named,
    Ref,
    State,
    Word,
    one_of,
)
from cli.params.verbs import (
    FORMATS,
    argument,
    booking,
    changing,
    dated,
    forcing,
    known,
    leaving,
    listing,
    noun,
    numbered,
    option,
    reading,
    verb,
)

__all__ = [
    "ACCOUNT",
    "ATTACHMENT",
    "BANK_FILE",
    "BROKER",
    "DATABASE",
    "DAY",
    "DOCUMENT",
    "FILE",
    "FORM",
    "FORMATS",
    "MONEY",
    "PARTNER",
    "PAYEE",
    "PERIOD",
    "ROLE",
    "THEME",
    "USER",
    "Code",
    "Command",
    "Group",
    "Named",
    "Ref",
    "Shell",
    "State",
    "Word",
    "argument",
    "booking",
    "changing",
    "confirmed",
    "dated",
    "forcing",
    "known",
    "leave",
    "leaving",
    "listed",
    "listing",
    "look",
    "may_write",
    "noun",
    "numbered",
    "one_of",
    "opened",
    "option",
    "present",
    "read",
    "reading",
    "run",
    "shell",
    "typed",
    "verb",
    "with_files",
    "write_output",
]
