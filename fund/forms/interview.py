"""The form asked one field at a time: what is asked next, what stands there, where somebody stopped. Pure.

The file is all that is remembered. While it is filled in its last line says which field was asked last, and how far
somebody had come who went back, so that whoever stops, or is cut off, goes on at that field and at no other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fund import money
from fund.errors import FundError
from fund.errors.proposals import FieldEmpty, FormFault
from fund.forms.editing import keep_blocks, put_answer
from fund.forms.questions import Column, Form, Question, form
from fund.forms.reading import answered as read_answer
from fund.forms.reading import open_form
from fund.forms.steps import values_of
from fund.forms.text import Path, value_at
from fund.forms.values import filled, written
from fund.forms.writing import fill
from fund.glossary import Names

_BOOKMARK = re.compile(r"\n*^# fund proposal new: (\S+)(?: (\S+))?[ \t]*\n*\Z", re.MULTILINE)
_END = "."
"""How far somebody has come who was asked everything."""
_ADD_UP = ("money.budget", "milestones", "money.categories")
"""Blocks whose amounts are together the ask; kinds of cost may be more, which somebody else then pays."""
_PAID_BY_OTHERS = ("money.categories", "money.cofinancing")
"""After the last of these it is known whether the parties pay a part themselves, which is asked then."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One field that is asked, or whether there is a block.

    Attributes:
        number: Of the question on its track, from 1.
        column: The field; ``None`` where what is asked is whether there is a block ``row``.
        row: Of blocks, from 0.
    """

    question: Question
    number: int
    column: Column | None
    row: int | None = None

    @property
    def keys(self) -> Path:
        """Where the answer stands in the file; of a block, the block itself."""
        path: Path = self.question.keys_in_file
        if self.row is not None:
            path = (*path, self.row)
        if self.column is None or self.column is self.question.field:
            return path
        return (*path, self.column.key)

    @property
    def path(self) -> str:
        """Where the answer stands, as people read it: ``money.budget[2].amount``."""
        return written(self.keys)

    @property
    def begins(self) -> bool:
        """Whether it is the first field of a table or block, so that its name is told first."""
        return self.column in self.question.inside[:1]


@dataclass(slots=True)
class Interview:
    """The conversation about one file.

    Attributes:
        text: The file as it is now, without the line that says where somebody is.
        of: The form, knowing the partners and cooperations of the fund.
        partners: The partners of the fund, by id their names, the short one first.
        done: What was asked since it began.
    """

    text: str
    name: str
    track: str
    of: Form = field(default_factory=form)
    partners: Names | None = None
    done: set[str] = field(default_factory=set)
    _here: str = ""
    _furthest: str = ""
    _document: dict[str, Any] = field(default_factory=dict)
    _found: tuple[tuple[str, str], tuple[FormFault, ...]] | None = None

    def __post_init__(self) -> None:
        found = _BOOKMARK.search(self.text)
        if found is not None:
            self._here, self._furthest = found[1], found[2] or found[1]
            self.text = self.text[: found.start()] + "\n"
        self._document = tomllib.loads(self.text)

    # ------------------------------------------------------------------------------------------------- what is asked

    @property
    def questions(self) -> tuple[Question, ...]:
        return self.of.of_track(self.track)

    def prompts(self) -> list[Prompt]:
        """All that is asked of what stands there now, in order."""
        found: list[Prompt] = []
        own_share = next(each for each in self.of.questions if each.path == "money.own_share")
        last = [each.path for each in self.questions if each.path in _PAID_BY_OTHERS][-1:]
        for number, question in enumerate(self.questions, start=1):
            found += self._prompts(question, number)
            if [question.path] == last and (self.unpaid_cents() > 0 or self.text_of(own_share.path)):
                found.append(Prompt(own_share, number, own_share.field))
        return found

    def _prompts(self, question: Question, number: int) -> Iterator[Prompt]:
        kind = question.field.kind
        if kind in ("record", "map"):
            row = self._table(question)
            yield from (Prompt(question, number, column) for column in question.inside if column.applies(row))
        elif kind == "blocks":
            count = max(len(self.rows(question)), 0 if question.field.optional else 1)
            for place in range(count):
                if place or question.field.optional:
                    yield Prompt(question, number, None, place)
                yield from (Prompt(question, number, column, place) for column in question.columns)
            yield Prompt(question, number, None, count)
        else:
            yield Prompt(question, number, question.field)

    def rows(self, question: Question) -> list[dict[str, Any]]:
        """The blocks of a question; where none will do, the empty one of a template is none until it is asked for."""
        found = self._standing(question.keys_in_file)
        rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        first = f"{question.path}[1]"
        asked = first in self.done or any(each.startswith(f"{first}.") for each in (self._here, self._furthest))
        if question.field.optional and len(rows) == 1 and not asked and not _begun(question, rows[0]):
            return []
        return rows

    def _table(self, question: Question) -> dict[str, Any]:
        found = self._standing(question.keys_in_file)
        return found if isinstance(found, dict) else {}

    def _standing(self, keys: Path) -> Any:
        return value_at(self._document, keys)

    def current_value(self, prompt: Prompt) -> Any:
        """What stands in the file at this field; of a block, whether it is there."""
        if prompt.column is None:
            return len(self.rows(prompt.question)) > (prompt.row or 0)
        return self._standing(prompt.keys)

    def text_of(self, path: str) -> str:
        """The text that stands at ``money.ask``; empty where none does."""
        found = self._standing(tuple(path.split(".")))
        return found.strip() if isinstance(found, str) else ""

    def cents_of(self, path: str) -> int | None:
        """The amount that stands there; ``None`` where none does."""
        return _cents(self.text_of(path))

    # ---------------------------------------------------------------------------------------------------- what is open

    def next(self) -> Prompt | None:
        """The first field that still has to be asked: where somebody was, else what has no good answer."""
        prompts = self.prompts()
        waiting = [prompt for prompt in prompts if prompt.path not in self.done]
        here = next((prompt for prompt in waiting if prompt.path == self._here), None)
        if here is not None:
            return here
        begin = self._begin(prompts)
        for place, prompt in enumerate(prompts):
            if prompt.path in self.done:
                continue
            if self._unasked(prompt) if place >= begin else self._missing(prompt) or self._adds_up_wrong(prompt):
                return prompt
        return None

    def _begin(self, prompts: Sequence[Prompt]) -> int:
        """The place from which on nothing was asked yet; the end where everything was."""
        if self._furthest == _END:
            return len(prompts)
        places = {prompt.path: place for place, prompt in enumerate(prompts)}
        if self._furthest in places:
            return places[self._furthest]
        needed = [place for place, prompt in enumerate(prompts) if self.needed(prompt)]
        answered = [place for place in needed if not self._unasked(prompts[place])]
        if answered[-1:] == needed[-1:] or not any(map(self._missing, prompts)):
            return len(prompts)
        return max(answered, default=-1) + 1

    def _adds_up_wrong(self, prompt: Prompt) -> bool:
        """Whether it asks for one more block where the blocks are not together the ask."""
        if prompt.column is not None or self.current_value(prompt):
            return False
        left = self.left_cents(prompt.question)
        return left > 0 or (left < 0 and prompt.question.path != "money.categories")

    def _missing(self, prompt: Prompt) -> bool:
        """Whether a draft cannot do without an answer that is not there, or is wrong."""
        return self.needed(prompt) and self.fault(prompt) is not None

    def needed(self, prompt: Prompt) -> bool:
        """Whether a draft cannot do without."""
        if prompt.column is None or not prompt.question.counted:
            return False
        return not prompt.column.optional or (prompt.column.only is not None and prompt.column.default is None)

    def _unasked(self, prompt: Prompt) -> bool:
        """Whether a field shows no answer of anybody: it is empty, wrong, or what a template fills in."""
        if prompt.column is None:
            return not self.current_value(prompt)
        value = self._standing(prompt.keys)
        if prompt.column.kind in ("year", "whole") and prompt.row is not None:
            if value == 0:
                return True
            row = self.rows(prompt.question)[prompt.row : prompt.row + 1]
            if not row or not all(each.optional or filled(row[0].get(each.key)) for each in prompt.question.columns):
                return True
        elif prompt.column.kind == "whole" and value in (0, prompt.column.default):
            return True
        return not filled(value) or self.fault(prompt) is not None

    def fault(self, prompt: Prompt) -> FormFault | None:
        """What is wrong with what stands at this field; a field that is needed and empty is wrong too."""
        column = prompt.column
        if column is None:
            return None
        value = self._standing(prompt.keys)
        if not filled(value):
            if not self.needed(prompt):
                return None
            return FieldEmpty(file=self.name, line=1, field=prompt.path, question=column.asks(), track=self.track)
        return next((each for each in self.faults() if each.details["field"] == prompt.path), None)

    def faults(self) -> tuple[FormFault, ...]:
        """All that is wrong with the file, by line."""
        if self._found is None or self._found[0] != (self.text, self.track):
            file = open_form(self.text.encode(), self.name)
            file.of = self.of
            self._found = (self.text, self.track), file.found(self.track, partners=self.partners)
        return self._found[1]

    def place_of(self, fault: FormFault) -> Prompt | None:
        """The field to ask again for a fault; ``None`` where nothing is asked there."""
        name = str(fault.details.get("field", ""))
        prompts = [each for each in self.prompts() if each.column is not None]
        return next(
            (each for each in prompts if each.path == name),
            next((each for each in prompts if each.question.path == name), None),
        )

    def before(self, prompt: Prompt) -> Prompt:
        """The field before this one; the first one has none before it."""
        prompts = self.prompts()
        place = next((place for place, each in enumerate(prompts) if each.path == prompt.path), len(prompts))
        return prompts[max(0, place - 1)]

    def last(self) -> Prompt:
        return self.prompts()[-1]

    def question(self, number: int) -> Prompt | None:
        """The first field of a question, by its number."""
        return next((each for each in self.prompts() if each.number == number), None)

    # ----------------------------------------------------------------------------------------------------- suggestions

    def suggested(self, prompt: Prompt, *, year: int) -> Any:
        """What is likely where nothing stands yet, as it stands in a file; ``None`` where nobody can say.

        Args:
            year: The first year that money can be asked for.
        """
        column, row = prompt.column, prompt.row or 0
        if column is None:
            return self.left_cents(prompt.question) > 0 if prompt.question.path in _ADD_UP else False
        if column.kind == "year":
            before = self.rows(prompt.question)[row - 1].get(column.key) if row else None
            return before + 1 if isinstance(before, int) and before else year
        if column.kind == "amount" and prompt.question.path in _ADD_UP:
            left = self.left_cents(prompt.question)
            return money.format_plain(left) if left > 0 else None
        if prompt.question.path == "money.own_share":
            return money.format_plain(max(0, self.unpaid_cents()))
        if column.kind == "partner" and not row:
            return self._standing(("proposal", "lead_partner")) or None
        return column.default

    def left_cents(self, question: Question) -> int:
        """What of the ask is in none of its blocks yet; below zero where they hold more; 0 where nobody can say."""
        if question.path not in _ADD_UP:
            return 0
        ask = self.cents_of("money.ask")
        return 0 if ask is None else ask - self._sum(question)

    def _sum(self, question: Question) -> int:
        return sum(_cents(row.get("amount")) or 0 for row in self.rows(question))

    def unpaid_cents(self) -> int:
        """What all costs are more than the ask and the money of others: the own share of the parties."""
        held = {each.path: self._sum(each) for each in self.questions if each.path in _PAID_BY_OTHERS}
        paid = (self.cents_of("money.ask") or 0) + held.get("money.cofinancing", 0)
        return held.get("money.categories", 0) - paid

    # --------------------------------------------------------------------------------------------------------- writing

    def answer(self, prompt: Prompt, typed: str) -> None:
        """Put what somebody typed where it belongs. What its record asks no longer is empty again.

        Raises:
            FormFault: It is no answer, or contradicts another; the file is as it was.
        """
        column = prompt.column
        if column is None:
            raise ValueError(prompt.path)
        standing = self._standing(prompt.keys)
        value = read_answer(prompt.question, typed, column=column, standing=standing, partners=self.partners)
        if not filled(value) and self.needed(prompt):
            raise FieldEmpty(file="", line=1, field=prompt.path, question=column.asks(), track=self.track)
        before = self.text
        self._put(prompt.keys, value)
        for each in prompt.question.columns if prompt.question.field.kind == "record" else ():
            row = self._table(prompt.question)
            if not each.applies(row) and filled(row.get(each.key)):
                self._put((*prompt.keys[:-1], each.key), each.default if each.default is not None else "")
        wrong = self.fault(prompt) if filled(value) else None
        if wrong is not None:
            self.text, self._document = before, tomllib.loads(before)
            raise wrong
        self.done.add(prompt.path)
        if prompt.path == "money.ask":
            self._ask_sums_again()

    def _ask_sums_again(self) -> None:
        """Another ask: what was said of blocks that add up to it does not count any more."""
        self.done -= {each.path for each in self.prompts() if self._adds_up_wrong(each)}

    def decide(self, prompt: Prompt, there: bool) -> None:
        """Whether there is a block here: one more, or none from here on."""
        row, keys = prompt.row or 0, prompt.keys[:-1]
        rows = self.rows(prompt.question)
        if not there:
            self.text = keep_blocks(self.text, keys, row)
        elif row >= len(rows):
            for column in prompt.question.columns:
                self.text = put_answer(self.text, (*keys, row, column.key), "")
        self._document = tomllib.loads(self.text)
        self.done.add(prompt.path)

    def _put(self, keys: Path, value: Any) -> None:
        self.text = put_answer(self.text, keys, value)
        self._document = tomllib.loads(self.text)

    def give(self, path: str, value: str) -> None:
        """Put what nobody is asked: the round, the lead partner."""
        self._put(tuple(path.split(".")), value)

    def file(self, at: Prompt | None) -> str:
        """The file with the line that says where somebody is; without it when all is asked."""
        if at is None:
            self._here, self._furthest = "", _END
            return self.text
        prompts = self.prompts()
        place = next((place for place, each in enumerate(prompts) if each.path == at.path), len(prompts))
        begin = self._begin(prompts)
        if not self._furthest:
            self._furthest = prompts[begin].path if begin < len(prompts) else _END
        self._here = at.path
        if place > begin:
            self._furthest = at.path
        line = " ".join(dict.fromkeys((self._here, self._furthest)))
        return f"{self.text.rstrip()}\n\n# fund proposal new: {line}\n"

    # -------------------------------------------------------------------------------------------------- another track

    def lacks(self) -> bool:
        """Whether the file has no place for something that the track asks."""
        wanted = (each for each in self.questions if not each.field.optional)
        return any(self._standing(each.keys_in_file) is None for each in wanted)

    def move(self, track: str, *, comments: str) -> None:
        """Go on with the questions of another track: every answer stays, also what that track does not ask, and what
        it asks more has its place.
        """
        known = {each.path for each in self.of.questions if self._standing(each.keys_in_file) is not None}
        prompts = self.prompts()
        self.done |= {prompt.path for prompt in prompts[: self._begin(prompts)] if not self._missing(prompt)}
        file = open_form(self.text.encode(), self.name)
        self.track = track
        self.text = fill(form(self.of.version), values_of(file), track=track, comments=comments, revision=file.revision)
        self._document = tomllib.loads(self.text)
        new = [each.path for each in self.prompts() if each.question.path not in known]
        self.done -= set(new)
        self._ask_sums_again()
        self._furthest = new[0] if new else self._furthest


def _begun(question: Question, row: Mapping[str, Any]) -> bool:
    """Whether somebody wrote in a block: more than the year that a template fills in."""
    return any(filled(row.get(each.key)) for each in question.columns if each.kind not in ("year", "whole"))


def _cents(text: Any) -> int | None:
    try:
        return money.parse(text) if isinstance(text, str) else None
    except FundError:
        return None
