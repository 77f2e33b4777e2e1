"""``fund proposal new``: the questions of a track, one by one; each answer stands in the file before the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cli import output
from fund.language import N_, _, day, euros, language, number

if TYPE_CHECKING:
    from fund.errors.proposals import FormFault
    from fund.forms import Column, Interview, Prompt

_FAULTS = {
    "unclear_amount": N_('"{text}" is not clear. Write 24000 or 24000,00.'),
    "unclear_percentage": N_('"{text}" is not clear. Write a percentage from 0 to 100: 70 or 66,67.'),
    "field_too_long": N_("That is {length} characters; at most {limit} fit."),
    "field_empty": N_("An answer is needed here."),
    "field_missing": N_("An answer is needed here."),
    "block_missing": N_("An answer is needed here."),
    "field_unprintable": N_("The answer holds {character}, a character that nobody can see. Type it again."),
    "named_twice": N_("{text} is named twice; once is enough."),
    "too_many_blocks": N_("These are {number}; at most {limit} fit."),
    "out_of_order": N_("{text} comes after {before}; put the years in order."),
    "day_before_budget": N_("{text} lies before the first year of the budget, {first}."),
    "repayment_ends_too_early": N_("{text} lies before the last milestone, {milestone}."),
    "repayment_plan_too_long": N_("{text} is too early: the last instalment falls on {last} at best."),
}
_HOW = {
    "text": N_("Type one line of at most {limit} characters."),
    "long": N_('Type one line. For more lines, type """ first, and """ again after the last.'),
    "choice": N_("Type the number or the word."),
    "choices": N_("Type the numbers or the words, with commas between: 1, 3."),
    "partner": N_("Type the name of a partner, or its number."),
    "partners": N_("Type names of partners, or their numbers, with commas between."),
    "amount": N_("Write an amount in euros: 24000 or 24000,00."),
    "percent": N_("Write a percentage from 0 to 100: 70 or 66,67."),
    "whole": N_("Write a whole number from {least} to {most}: 4."),
    "year": N_("Write a year: 2027."),
    "day": N_("Write a day: 30-06-2027 or 30 June 2027."),
}
"""How an answer of each kind is written: told for a question mark, and after what is no answer."""
_SHORTEST = 12
"""Signs of an old answer that are shown at least."""
_WIDTH = 79
"""A question that is longer shows its choices on lines of their own: a number still fits."""
_FEW = 10
"""Options that are shown with the question; more are shown for a question mark."""
_YES, _NO = ("j", "ja", "y", "yes"), ("n", "nee", "no")
_INDENT = "      "


class Back(Exception):
    """Somebody wants an earlier question again: the one before, or that of a number."""

    def __init__(self, number: int | None = None) -> None:
        self.number = number


class Stop(Exception):
    """Somebody stops for now: Ctrl-C, or the input has ended."""


def converse(
    interview: Interview,
    *,
    year: int,
    keep: Callable[[str], None],
    answered: Callable[[Prompt], None],
    at: Prompt | None = None,
) -> None:
    """Ask until nothing is open and nothing contradicts. Before each question the file says that it is asked.

    Args:
        year: The first year that money can be asked for.
        keep: Writes the file.
        answered: What an answer brings with it: another round, advice. It may ask again by raising :class:`Back`.
        at: Where to begin; else at what is open.

    Raises:
        Stop: Somebody stops. FormFault: What is wrong cannot be mended by a question; it stands in the file.
    """
    talk = _Talk(interview, year)
    at = at or interview.next() or _mended(interview)
    while at is not None:
        keep(interview.file(at))
        try:
            talk.ask(at)
            answered(at)
        except Back as back:
            at = talk.earlier(at, back)
            continue
        at = interview.next() or _mended(interview)
    keep(interview.file(None))


def _mended(interview: Interview) -> Prompt | None:
    """The question to ask again for an answer that contradicts another, told why; ``None`` where none does."""
    for fault in interview.faults():
        at = interview.place_of(fault)
        if at is None:
            raise fault
        column = at.column
        assert column is not None
        output.note(_INDENT + _("{question}: {told}").format(question=at.question.asks(), told=_told(fault, column)))
        return at
    return None


class _Talk:
    """One conversation: what was shown of it last decides what is shown again."""

    def __init__(self, interview: Interview, year: int) -> None:
        self.interview = interview
        self._year = year
        self._head: tuple[int, int | None] | None = None

    def earlier(self, at: Prompt, back: Back) -> Prompt:
        """The question that somebody goes back to."""
        if back.number is None:
            return self.interview.before(at)
        found = self.interview.question(back.number)
        if found is None:
            last = len(self.interview.questions)
            output.note(_INDENT + _("The questions are 1 to {last}.").format(last=last))
        return found or at

    def ask(self, at: Prompt) -> None:
        """Ask until there is an answer, and put it in the file."""
        self._tell_head(at)
        if at.column is None:
            self._ask_for_block(at)
        else:
            self._ask_field(at, at.column)

    def _number(self, at: Prompt) -> str:
        return f"{at.number:>2}/{len(self.interview.questions)} "

    def _tell_head(self, at: Prompt) -> None:
        """The name of a table or block, above its first question or the one at which somebody comes back to it."""
        if at.column is at.question.field:
            self._head = None
            return
        here = (at.number, at.row if at.column is not None else None)
        if at.column is None and self._head is not None and self._head[0] == at.number:
            return
        if here != self._head:
            if self._head is None or self._head[0] != at.number:
                output.note(self._number(at) + at.question.asks())
            if at.row and at.column is not None:
                output.note(f"{_INDENT}{_capital(_one(at))} {at.row + 1}")
        self._head = here

    def _ask_for_block(self, at: Prompt) -> None:
        there = bool(self.interview.current_value(at))
        likely = there or bool(self.interview.suggested(at, year=self._year))
        question = _("Another {thing}?").format(thing=_one(at)) if at.row else _("Is there any?")

        def explain() -> None:
            output.note(_INDENT + _in_language(at.question.field.explained))
            output.note(_INDENT + _("Answer yes or no; Enter takes the one in capitals."))
            _tell_ways()

        more = yes(_INDENT + question, default=likely, explain=explain)
        self.interview.decide(at, more)
        left = self.interview.left_cents(at.question)
        if not more and (left > 0 or (left and at.question.path != "money.categories")):
            asked = self.interview.cents_of("money.ask") or 0
            told = _("Together {sum}; asked is {ask}, difference {difference}.")
            told = told.format(sum=euros(asked - left), ask=euros(asked), difference=euros(abs(left)))
            output.note(_INDENT + told)

    def _ask_field(self, at: Prompt, column: Column) -> None:
        prompt = _INDENT + _capital(column.asks()) if at.column is not at.question.field else None
        prompt = prompt or self._number(at) + column.asks()
        kept, shown = self._offered(at, column)
        for told in _choices(column, prompt, shown, self._options(at, column)):
            output.note(told)
        while True:
            line = ask_line(_asked(column, prompt, shown, self._options(at, column)))
            if line == "?":
                _explain(column, self._options(at, column))
                continue
            if line == '"""' and column.kind == "long":
                line = _lines()
            elif not line and kept:
                line = kept
            elif not line and column.kind == "long" and _editor():
                line = _edited()
            problem = self._answered(at, line)
            if problem is None:
                return
            output.note(_INDENT + _told(problem, column))

    def _options(self, at: Prompt, column: Column) -> tuple[str, ...]:
        return column.offered(self.interview.current_value(at))

    def _answered(self, at: Prompt, line: str) -> FormFault | None:
        from fund.errors.proposals import FormFault

        try:
            self.interview.answer(at, line)
        except FormFault as problem:
            return problem
        return None

    def _offered(self, at: Prompt, column: Column) -> tuple[str, str]:
        """What Enter takes, as it is typed and as it is shown: what stands there, else what is likely."""
        standing, wrong = self.interview.current_value(at), self.interview.fault(at)
        nothing = standing in (None, "", []) or (standing == 0 and column.default is None)  # as a template has it
        if not nothing and wrong is not None:
            output.note(_INDENT + _told(wrong, column))
            return "", ""
        value = self.interview.suggested(at, year=self._year) if nothing else standing
        if value in (None, "", []):
            return "", ""
        values = value if isinstance(value, list) else [value]
        return ", ".join(map(str, values)), ", ".join(_shown(column, each) for each in values)


def _shown(column: Column, value: Any) -> str:
    """A value of the file as people read it."""
    from fund import dates, money
    from fund.errors import FundError

    text = str(value)
    try:
        if column.kind == "amount":
            return number(money.parse(text)).replace("." if language() == "nl" else ",", "")
        if column.kind == "day":
            return day(dates.parse_day(text))
    except FundError:
        return text
    if column.kind == "percent":
        return output.decimal_text(text.replace(",", ".").removesuffix(".00"))
    return " ".join(column.word(text).split())


def _in_language(both: tuple[str, str]) -> str:
    return both[0] if language() == "nl" else both[1]


def _one(at: Prompt) -> str:
    return _in_language(at.question.field.one)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ------------------------------------------------------------------------------------------------------- what is shown


def _numbered(column: Column, options: tuple[str, ...]) -> list[str]:
    return [f"{place} {column.word(code)}" for place, code in enumerate(options, start=1)]


def _choices(column: Column, prompt: str, shown: str, options: tuple[str, ...]) -> Iterator[str]:
    """The question and its choices on lines of their own, where they do not fit before the answer."""
    if column.kind in ("choice", "choices") and 0 < len(options) <= _FEW and not _fits(column, prompt, shown, options):
        yield f"{prompt.rstrip('.')}:"
        yield from (_INDENT + each for each in _numbered(column, options))


def _fits(column: Column, prompt: str, shown: str, options: tuple[str, ...]) -> bool:
    listed = _numbered(column, options)
    return column.kind == "choice" and len(_in_one_line(prompt, listed, shown)) <= _WIDTH


def _in_one_line(prompt: str, listed: list[str], shown: str) -> str:
    asked = _("{question}. {choices}. Number").format(question=prompt.rstrip("."), choices=", ".join(listed))
    return _ending(asked, shown)


def _asked(column: Column, prompt: str, shown: str, options: tuple[str, ...]) -> str:
    """What stands before the answer."""
    if len(options) > _FEW:
        prompt = _("{question} (? shows all)").format(question=prompt)
    if column.kind not in ("choice", "choices") or not 0 < len(options) <= _FEW:
        return _ending(prompt, shown)
    if _fits(column, prompt, shown, options):
        return _in_one_line(prompt, _numbered(column, options), shown)
    return _ending(_INDENT + (_("Number") if column.kind == "choice" else _("Numbers")), shown)


def _ending(prompt: str, shown: str) -> str:
    if not shown:
        return f"{prompt}: "
    room = max(_SHORTEST, min(40, _WIDTH - len(prompt) - len(" []: ")))
    cut = shown if len(shown) <= room else shown[: room - 1] + "…"
    return f"{prompt} [{output.clean(cut)}]: "


def _how(column: Column) -> str:
    from fund.forms.questions import MOST

    how = _(_HOW[column.kind]).format(limit=column.limit, least=column.least, most=column.limit or MOST)
    return f"{how} {_('Type ? to see them all.')}" if len(column.codes) > _FEW else how


def _explain(column: Column, options: tuple[str, ...]) -> None:
    """What is asked, with an example; how it is written; what can be chosen."""
    output.note(_INDENT + (_in_language(column.explained) or _capital(column.asks())))
    for each in _numbered(column, options):
        output.note(_INDENT + each)
    output.note(_INDENT + _how(column).removesuffix(" " + _("Type ? to see them all.")))
    if column.kind == "long" and _editor():
        output.note(_INDENT + _("Enter without an answer opens your editor."))
    if column.optional:
        output.note(_INDENT + _("There need not be one: press Enter."))
    _tell_ways()


def _tell_ways() -> None:
    output.note(_INDENT + _("Back: <. To question 3: <3. Stop: Ctrl-C; all answers are kept."))


def _told(fault: FormFault, column: Column) -> str:
    """What is wrong with an answer, and how it is written."""
    from fund.glossary import suggested

    code = fault.code()
    details = {key: _plain(column, value) for key, value in fault.details.items()}
    if code == "unknown_choice":
        near = suggested(fault.details["text"], {each: (column.word(each),) for each in column.codes}, limit=1)
        told = [_('"{text}" cannot be chosen.').format(**details)]
        told += [_("Did you mean {name}?").format(name=column.word(each)) for each in near]
        return " ".join([*told, _how(column)])
    if code == "unclear_name":
        listed = ", ".join(f"{column.codes.index(each) + 1} {column.word(each)}" for each in fault.details["ids"])
        return _('"{text}" is not clear: {choices}. Type the number.').format(text=details["text"], choices=listed)
    if code == "unclear_amount" and _is_amount(details["text"]):
        return _("The amount must be above zero.")
    if code == "unreadable_day":
        return _('"{text}" is not a day.').format(**details) + " " + _how(column)
    if code == "wrong_type":
        return _how(column)
    return _(_FAULTS[code]).format(**details)


def _plain(column: Column, value: Any) -> str:
    text = str(value)
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return output.clean(column.word(text))


def _is_amount(text: str) -> bool:
    from fund import money
    from fund.errors import FundError

    try:
        return money.parse(text) <= 0
    except FundError:
        return False


# ------------------------------------------------------------------------------------------------------- what is typed


def ask_line(prompt: str) -> str:
    """What somebody types.

    Raises:
        Back: ``<``, or ``<3``. Stop: Ctrl-C, or the end of the input.
    """
    line = _typed(prompt)
    if line.startswith("<") and (line == "<" or line[1:].strip().isdecimal()):
        raise Back(int(line[1:]) if line != "<" else None)
    return line


def _typed(prompt: str) -> str:
    try:
        line = output.ask_line(prompt)
    except KeyboardInterrupt:
        raise Stop from None
    if line is None:
        raise Stop
    return line.encode("utf-8", "replace").decode("utf-8").strip()


def _lines() -> str:
    """Lines until one that is only three quotes."""
    lines: list[str] = []
    while (line := _typed(_INDENT)) != '"""':
        lines.append(line)
    return "\n".join(lines)


def _editor() -> str:
    return os.environ.get("VISUAL", "") or os.environ.get("EDITOR", "")


def _edited() -> str:
    """What somebody wrote in the editor; nothing where it could not be opened, which is told."""
    try:
        return (click.edit("") or "").strip()
    except click.ClickException as problem:
        output.note(_INDENT + problem.format_message())
    except ValueError:  # quotes in $EDITOR that do not end, or a file in another encoding than UTF-8
        output.note(_INDENT + _("The editor did not open, or left something that is no text."))
    return ""


def yes(question: str, *, default: bool = True, explain: Callable[[], None] | None = None) -> bool:
    """Whether somebody says yes; ``explain`` tells what is asked, for a question mark."""
    choice = _("[Y/n]") if default else _("[y/N]")
    while True:
        answer = ask_line(f"{question} {choice} ").lower()
        if not answer:
            return default
        if answer in _YES or answer in _NO:
            return answer in _YES
        if answer == "?" and explain is not None:
            explain()
        else:
            output.note(_INDENT + _("Please type yes or no."))
