"""How arguments are read: money, days, words of a list, names, accounts, files, references.

One type for each kind of thing, wherever it is asked. What a list of ours holds (roles, states, themes) is read here,
in both languages; a name that only the fund knows goes along as :class:`fund.glossary.Name` and is looked up there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from cli.output import Column
from cli.params.executing import listing_of, which
from fund.language import N_, _, both, language
from fund.words import account_word

if TYPE_CHECKING:
    from fund.declarations import InputFile
    from fund.errors import FundError
    from fund.errors.commands import UnknownWord
    from fund.glossary import Names


class _Parsed(click.ParamType[Any]):
    """Text that a function of the fund reads; its refusal names the option it stood in."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        from fund.errors import FundError

        try:
            return self._parse(value)
        except FundError as problem:
            raise _placed(problem, param) from None


def _placed(problem: FundError, param: click.Parameter | None) -> FundError:
    if param is not None:
        shown = (
            param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.Context(click.Command("")))
        )
        problem.details.setdefault("parameter", shown)
    return problem


def _money(text: str) -> int:
    from fund import money

    return money.parse(text)


def _day(text: str) -> date:
    from fund import dates

    return dates.parse_day(text)


def _period(text: str) -> str:
    from fund import dates

    return dates.parse_period(text)


MONEY = _Parsed("amount", _money)
"""Cents, from ``1234.56``, ``€ 1.234,56`` or ``1234``."""
DAY = _Parsed("date", _day)
"""A ``date``, from ``2026-03-31``, ``31-03-2026`` or ``31 March 2026``."""
PERIOD = _Parsed("period", _period)
"""The text ``2027-03`` or ``2027``, also from ``March 2027``."""


# ------------------------------------------------------------------------------------------------- words of a list


class Word(click.ParamType[str]):
    """One word of a list, as the code has it or as people read it in either language; the command gets the code.

    Args:
        name: What stands in the help where the words are too many for it.
        names: By code, the Dutch word and the English.
        refusal: The class that says no, in its module of ``fund.errors``.
        how: What :func:`fund.glossary.chosen` is told besides.
    """

    def __init__(
        self,
        name: str,
        names: Callable[[], Names],
        refusal: str = "commands.UnknownWord",
        *,
        kind: str = "",
        **how: Any,
    ) -> None:
        self.name = name
        self.names = names
        self._refusal, self._kind, self._how = refusal, kind, how

    def _refused(self) -> type[UnknownWord]:
        trade, _dot, name = self._refusal.partition(".")
        refusal: type[UnknownWord] = getattr(import_module(f"fund.errors.{trade}"), name)
        return refusal

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from fund import glossary
        from fund.errors import FundError
        from fund.errors.commands import AmbiguousName

        how = {**self._how, "kind": self._kind} if self._kind else self._how
        try:
            return glossary.chosen(str(value), self.names(), self._refused(), **how)
        except AmbiguousName as problem:
            if ctx is not None and ctx.resilient_parsing:  # completion asks nothing
                raise
            return which(problem)
        except FundError as problem:
            raise _placed(problem, param) from None

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The words themselves where a line holds them, as they can be typed."""
        listed = "|".join(word for word, _code in self._typeable())
        return f"[{listed}]" if len(listed) <= _WIDEST_LIST else self.name.upper()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _completed(self._typeable(), incomplete) or _completed(((code, "") for code in self.names()), incomplete)

    def _typeable(self) -> list[tuple[str, str]]:
        """The words in the language in use, each as one word for a shell, with their codes."""
        place = 0 if language() == "nl" else 1
        return [(_one_word(called[place]), code) for code, called in self.names().items()]


_WIDEST_LIST = 60
"""A list of words that is longer leaves no room for what the option is for."""


def _glossary() -> Any:
    """The words of the fund, read when the first is asked."""
    from fund import glossary

    return glossary


def one_of(name: str, words: Mapping[str, str]) -> Word:
    """A word of a short list: tracks, grounds, votes; what is printed for it is understood as well.

    Args:
        words: By code, the word to type, as a message id.
    """

    def names() -> Names:
        printed = _glossary().choice_names(words)
        return {code: (*both(word), *printed[code]) for code, word in words.items()}

    return Word(name, names)


ROLE = Word("role", lambda: _glossary().role_names(), "people.UnknownRole")
"""A role, from ``fund_manager``, ``fund manager`` or ``fondsbeheerder``: whole, for it says what somebody may do."""
THEME = Word("theme", lambda: _glossary().theme_names(), "evaluations.UnknownTheme", parts=True, coded=True)
"""The id of a theme, from ``T05``, its name, or a part of its name that no other has."""


def _sections() -> Names:
    from fund.forms import section_names

    return section_names()


SECTION = Word("section", _sections)
"""A table of the form, from ``business_case``, ``business case`` or ``businesscase``."""


def _facts(*more: str) -> dict[str, tuple[str, str]]:
    from fund.events import FACTS
    from fund.words import event_words

    return {kind: event_words(kind) for kind in (*FACTS, *more)}


FACT = Word("type", _facts, "commands.UnknownFact", look="fund explain facts")
"""A kind of fact, from ``user.added``, ``user added`` or ``gebruiker toegevoegd``."""
ENTRY = Word("kind", lambda: _facts("adjusting", "closing"), "commands.UnknownFact", look="fund explain facts")
"""A kind of entry: that of the fact it was made of, or one of the year's end."""


class _Address(click.ParamType[str]):
    """The URL of a database or broker. Everybody on the machine reads what a command was given (``ps``), so a password
    stands in a variable or a file.

    Args:
        ways: The other ways in which it is given (a message id).
    """

    name = "url"

    def __init__(self, ways: str) -> None:
        self._ways = ways

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        source = ctx.get_parameter_source(param.name) if ctx is not None and param is not None and param.name else None
        url = str(value)
        if source is ParameterSource.COMMANDLINE:
            from fund.errors.usage import PasswordShown
            from fund.settings import masked

            if masked(url) != url:
                option = param.opts[0] if param is not None else ""
                raise _placed(PasswordShown(option=option, ways=_(self._ways)), param)
        return url


DATABASE = _Address(N_("set FUND_DATABASE, FUND_DATABASE_FILE or PGPASSWORD, or keep it in ~/.pgpass"))
BROKER = _Address(N_("set FUND_BROKER, or name a file that holds it in FUND_BROKER_FILE"))


class _Account(click.ParamType[str]):
    """A ledger account by its code or name, or a sub-account: ``1000``, ``3000.gm0344``."""

    name = "account"
    _FORM = re.compile(r"[0-9]{4}(\.[A-Za-z0-9._-]+)?", re.ASCII)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from fund import glossary

        if isinstance(value, str) and self._FORM.fullmatch(value):
            return value
        names = glossary.account_names()
        if len(found := glossary.meant(str(value), names)) == 1:
            return found[0]
        near = [f"{code} {account_word(code)}" for code in glossary.suggested(str(value), names)]
        sentence = _(
            '"{text}" is not an account: write four digits, as in `1000`, or a sub-account, as in `3000.gm0344`'
        )
        asked = f"; {_('did you mean {names}?').format(names=_(' or ').join(near))}" if near else ""
        return self.fail(sentence.format(text=value) + asked, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from fund import glossary

        items = [(code, account_word(code)) for code in glossary.account_names()]
        return [CompletionItem(code, help=name) for code, name in items if code.startswith(incomplete)]


ACCOUNT = _Account()


class _File(click.ParamType["InputFile"]):
    """A file that holds something; the command gets ``{"name", "content"}`` with its bytes. ``-`` is standard input.

    Args:
        kind: Reads a file of this kind as far as it may be large, by ``fund.paths``.
        named: Its own name is all that is told of where it came from.
    """

    name = "file"

    def __init__(self, kind: Callable[[str], bytes], *, named: bool = False) -> None:
        self._kind = kind
        self._named = named

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> InputFile:
        if isinstance(value, dict):
            return {"name": value["name"], "content": value["content"]}
        if ctx is not None and ctx.resilient_parsing:  # completion reads no file, and waits for no standard input
            return {"name": str(value), "content": b""}
        from fund.errors import FundError

        try:
            return self.read(str(value))
        except FundError as problem:
            raise _placed(problem, param) from None

    def read(self, path: str) -> InputFile:
        """What stands at this path, its name and bytes."""
        content = self._kind(path)
        return {"name": Path(path).name if self._named else path, "content": content}

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


def _text(path: str) -> bytes:
    from fund.paths import read_input

    return read_input(path)


def _form(path: str) -> bytes:
    from fund.errors.proposals import FormTooLarge
    from fund.forms.text import LARGEST
    from fund.paths import read_input

    def too_large(path: str, size: int, limit: int) -> FundError:
        return FormTooLarge(file=Path(path).name, line=1, size=size, limit=limit, track="light")

    return read_input(path, LARGEST, too_large=too_large)


def _bank_file(path: str) -> bytes:
    from fund.bank.documents import LARGEST_FILE_BYTES
    from fund.errors.bank import BankFileTooLarge
    from fund.paths import read_input

    def too_large(path: str, size: int, limit: int) -> FundError:
        return BankFileTooLarge(file=path, size=size, limit=limit)

    return read_input(path, LARGEST_FILE_BYTES, too_large=too_large)


def _kept(path: str, *, outside: bool = True) -> bytes:
    from fund.errors.proposals import AttachmentTooLarge
    from fund.files import LARGEST
    from fund.paths import read_input

    def too_large(path: str, size: int, limit: int) -> FundError:
        return AttachmentTooLarge(file=path, size=size, limit=limit)

    return read_input(path, LARGEST, links=outside, standard_input=outside, too_large=too_large)


def _attached(path: str) -> bytes:
    return _kept(path, outside=False)


FILE = _File(_text)
"""A list, rules, scores, a key: what a person writes."""
FORM = _File(_form)
"""A filled in form of a proposal."""
BANK_FILE = _File(_bank_file)
"""What the bank sends."""
DOCUMENT = _File(_kept)
"""A document that the fund keeps: evidence, a decision, an invoice."""
ATTACHMENT = _File(_attached, named=True)
"""A file that goes with a form: itself and no link, so that what was hashed is what is kept."""


# --------------------------------------------------------------------------------------------- what the fund knows


class Ref(click.ParamType[str]):
    """A readable reference (``2026-003``, ``D2026-0007`` or ``d2026-0007``) or a user: text that the fund looks up.

    Args:
        sources: The reading commands that list what can be completed, each with the plural key in its answer and the
            key of the reference in each row; none where nothing is completed.
    """

    name = "ref"
    _FORM = re.compile(r"[a-z][0-9]{4}-[0-9]+(?:-[a-z]?[0-9]+)*", re.ASCII)

    def __init__(self, *sources: tuple[str, str, str]) -> None:
        self.sources = sources

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        return (text.upper() if self._FORM.fullmatch(text) else text) or self.fail(_("it is empty"), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            rows = [
                (row[key], row.get("state"))
                for name, plural, key in self.sources
                for row in listing_of(ctx, name)[plural]
            ]
            possible = _states_for(ctx) if rows else frozenset()
        except Exception:  # no database, no rights, a lock: completion stays silent, whatever it is
            return []
        return [
            CompletionItem(str(ref))
            for ref, state in rows
            if str(ref).startswith(incomplete) and (not possible or state in possible)
        ]


class Named(Ref):
    """A partner by id, name, short name or abbreviation; as text what was typed, which the fund looks up.

    Args:
        kind: What may be named: ``partner``, or ``payee`` where a supplier will do as well.
        among: The reading command that lists those who can be meant, as :class:`Ref` has it; all partners if left out.
    """

    def __init__(self, kind: str, *among: tuple[str, str, str]) -> None:
        super().__init__(*among)
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from fund.glossary import Name

        if isinstance(value, Name):
            return value
        return Name(str(value).strip() or self.fail(_("it is empty"), param, ctx), self.kind)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            partners = {str(row["id"]): row for row in listing_of(ctx, "partner list")["partners"]}
            among = [str(row[key]) for name, plural, key in self.sources for row in listing_of(ctx, name)[plural]]
            possible = _states_for(ctx)
        except Exception:  # no database, no rights, a lock: completion stays silent, whatever it is
            return []
        offered = sorted(set(among)) if self.sources else list(partners)
        known = [each for each in offered if each in partners and (not possible or partners[each]["state"] in possible)]
        names = [(_one_word(str(partners[each]["short_name"])), each) for each in known]
        others = [(each, "") for each in offered if each not in partners]
        ids = [(each, str(partners[each]["name"])) for each in known] if incomplete else []
        return _completed([*names, *others, *ids], incomplete)


PARTNER = Named("partner")
"""A partner, from ``gm0351``, ``Woudenberg``, ``Gemeente Woudenberg``, ``HDSR``."""
PAYEE = Named("payee", ("payee list", "payees", "partner"))
"""A partner or a supplier that is paid."""
USER = Ref(("user list", "users", "name"))
"""A person by name or id."""


def _one_word(name: str) -> str:
    """A name as one word that a shell takes without quotes: ``De-Bilt``, ``in-review``, ``U10``."""
    return "-".join(re.sub(r"\([^)]*\)|[^\w -]", " ", name).split())


def _completed(words: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    from fund.glossary import folded

    begun = folded(incomplete)
    return [CompletionItem(word, help=said or None) for word, said in words if folded(word).startswith(begun)]


def _states_for(ctx: click.Context) -> frozenset[str]:
    """The states in which the command that is being typed is possible; empty where every state will do."""
    from fund.registry import states_for

    return states_for(ctx.command_path.partition(" ")[2])


class State(Word):
    """A state of one of these kinds of cases; where words differ between them, the query reads what was typed."""

    def __init__(self, *kinds: str) -> None:
        super().__init__("state", self._of_all, "commands.UnknownState", kind=kinds[0])
        self.kinds = kinds

    def _of_all(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, tuple[str, ...]] = {}
        for kind in self.kinds:
            for state, called in _glossary().state_names(kind).items():
                names[state] = (*names.get(state, ()), *called)
        return names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from fund import glossary

        text = str(value)
        if any(glossary.meant(text, glossary.state_names(kind)) for kind in self.kinds):
            return text
        return super().convert(value, param, ctx)


class SortKey(click.ParamType[str]):
    """A column of a list, by its header in either language or its key in JSON; ``-`` before it turns the order.

    What the query gets are the keys of all columns of that name, with commas: a list may have several tables.
    """

    name = "column"

    def __init__(self, columns: Sequence[Column]) -> None:
        self.keys: dict[str, list[str]] = {}
        """The keys of the columns by what they are called, headers in English first."""
        for column in columns:
            self.keys.setdefault(column.header, []).append(column.by or column.key)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from fund.glossary import folded

        text = str(value)
        wanted = folded(text)
        found = [
            key for header, keys in self.keys.items() for key in keys if wanted in map(folded, (key, *both(header)))
        ]
        if not found:
            from fund.errors.usage import UnknownColumn

            raise UnknownColumn(
                column=text, known=[_(header) for header in self.keys], command=ctx.command_path if ctx else "fund"
            )
        return ("-" if text.startswith("-") else "") + ",".join(dict.fromkeys(found))

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        sign = "-" if incomplete.startswith("-") else ""
        headers = _completed(((_one_word(_(header)), "") for header in self.keys), incomplete)
        keys = dict.fromkeys(key for each in self.keys.values() for key in each)
        found = headers or _completed(((key, "") for key in keys), incomplete)
        return [CompletionItem(sign + str(item.value)) for item in found]
