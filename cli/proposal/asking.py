"""``fund proposal new``: the questions of a track, one by one; each answer stands in the file before the next."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import output
from cli.params import FORM, opened, shell, typed, write_output
from fund.errors import FileUnreadable, FundError, NobodyToAsk, NoSuchFile
from fund.language import N_, _, language

if TYPE_CHECKING:
    from fund.forms import Column, Form, FormFile, Question

__all__ = ["fill_in"]

_FAULTS = {
    "unclear_amount": N_('"{text}" is not clear. Write 24000 or 24000,00.'),
    "unclear_percentage": N_('"{text}" is not clear. Write a percentage from 0 to 100: 70 or 66,67.'),
    "unknown_choice": N_('"{text}" cannot be chosen. You can choose: {known}.'),
    "field_too_long": N_("That is {length} characters; at most {limit} fit."),
    "field_empty": N_("An answer is needed here."),
    "unreadable_day": N_('"{text}" is not a day. Write 2027-06-30.'),
    "wrong_type": N_("It must be {expected}."),
}
_MINUTES_PER_QUESTION = 8 / 3
_SHORTEST = 12
"""Signs of an old answer that are shown at least."""
_WIDTH = 79
"""A question that is longer shows its choices on lines of their own: a number still fits."""


class _Back(Exception):
    """Somebody wants the question before this one again."""


class _Stop(Exception):
    """Somebody stops for now: Ctrl-C, or the input has ended."""


def fill_in(ctx: click.Context, path: str, round_ref: str | None) -> None:
    """Ask what the track asks, write each answer at once, and offer to keep the result as a draft.

    Raises:
        NobodyToAsk: There is no terminal; the hint is the template.
    """
    from fund import forms

    text = _read(Path(path))
    file = None if text is None else forms.open_form(text.encode(), path)
    if file is not None:
        round_ref = file.round or round_ref
    if not output.interactive():
        raise NobodyToAsk(command="fund proposal template --track light")
    track, lead, round_ref, of = _known_already(ctx, round_ref)
    if file is not None:
        file.require_tables(track)
        if file.of.version != forms.CURRENT:
            text = _bring_up_to_date(file, path, track)
    if text is None:
        from fund import dates

        year = dates.day_of(dates.now()).year + 1  # a suggestion only
        text = forms.template(track, comments=language(), round=round_ref, lead=lead, year=year)
        write_output(path, text.encode())
    questions = of.of_track(track)
    _introduce(round_ref, track, len(questions))
    try:
        _ask_all(path, text, questions)
    except _Stop:
        output.note()
        output.note(_("{file} is kept. Go on with: fund proposal new {file}").format(file=path))
        raise click.exceptions.Exit(1) from None
    _keep(ctx, path)


def _bring_up_to_date(file: FormFile, path: str, track: str) -> str:
    """The file on the form in force, its answers kept; the old one is kept beside it."""
    from fund import forms

    old = Path(path)
    beside = old.with_name(f"{old.stem}.{file.of.version}{old.suffix}")
    newer = forms.upgrade(file, track=track, comments=language())
    write_output(str(beside), old.read_bytes())
    write_output(path, newer.text.encode())
    told = _("{file} was on form {before} and is on form {after} now, with your answers; the old one is {old}.")
    output.note(told.format(file=path, before=newer.before, after=newer.after, old=beside))
    if newer.left:
        output.note(_("Not asked any more: {fields}.").format(fields=", ".join(newer.left)))
    return newer.text


def _read(file: Path) -> str | None:
    try:
        content: bytes = FORM.read(str(file))["content"]
        return content.decode("utf-8")
    except NoSuchFile:
        return None
    except UnicodeDecodeError as problem:
        raise FileUnreadable(path=str(file), reason=str(problem)) from None


def _known_already(ctx: click.Context, round_ref: str | None) -> tuple[str, str, str, Form]:
    """Track, lead partner, round and form, from the fund: what is known is not asked, what it knows can be chosen."""
    from fund import forms

    user = shell(ctx).settings.user
    with opened(ctx) as (fund, _carry_out, look):
        rounds = look(fund, "round list", {}, user=user)["rounds"]
        if round_ref is None:
            open_now = [row["ref"] for row in rounds if row["state"] == "open"]
            round_ref = open_now[0] if len(open_now) == 1 else None
        people = look(fund, "user list", {}, user=user)["users"]
        if round_ref is None:
            raise click.UsageError(_("name the round: --round REF; fund round list shows them"))
        track = look(fund, "round show", {"ref": round_ref}, user=user)["round"]["track"]
        known = look(fund, "cooperation list", {}, user=user)["cooperations"]
    lead = next((person["partner"] or "" for person in people if user in (person["name"], person["id"])), "")
    return str(track), lead, round_ref, forms.form().knowing({row["ref"]: row["name"] for row in known})


def _introduce(round_ref: str, track: str, number: int) -> None:
    minutes = 5 * round(number * _MINUTES_PER_QUESTION / 5)
    words = {"light": N_("light"), "standard": N_("standard"), "major": N_("major")}
    output.note(
        _("Round {round}, {track}: {number} questions, about {minutes} minutes. See all of it first:").format(
            round=round_ref, track=_(words[track]), number=number, minutes=minutes
        )
    )
    output.note(
        _("fund proposal template --track {track}. Type ? for an explanation, < to go back.").format(track=track)
    )


def _ask_all(path: str, text: str, questions: tuple[Question, ...]) -> None:
    from fund import forms

    number = 0
    while number < len(questions):
        question = questions[number]
        head = f"{number + 1:>2}/{len(questions)} "
        try:
            answer = _ask(question, head, _standing(text, question))
        except _Back:
            number = max(0, number - 1)
            continue
        if answer is not None:
            text = forms.put_answer(text, question, answer)
            write_output(path, text.encode())
        if question.field.key == "characteristics":
            _point(answer)
        number += 1


def _point(characteristics: Mapping[str, str]) -> None:
    """What the characteristics point to, once they are known; the chosen form may differ."""
    from fund import forms

    advice = forms.advise(characteristics)
    if advice is not None:
        for each in advice.forms:
            output.note("      " + _("This points to: {name} ({use}).").format(name=each.name, use=each.use))


def _standing(text: str, question: Question) -> Any:
    """The answer that stands in the file now."""
    document = tomllib.loads(text)
    holder: Any = document.get(question.section, {}) if question.section else document
    found = holder.get(question.field.key)
    shapes: dict[str, type] = {"blocks": list, "record": dict, "map": dict}
    wanted = shapes.get(question.field.kind)
    if wanted is not None and not isinstance(found, wanted):
        return None
    return [row for row in found if isinstance(row, dict)] if question.field.kind == "blocks" else found


def _ask(question: Question, head: str, standing: Any) -> Any:
    """An answer to the question, as it stands in a file; ``None`` leaves what is there."""
    kind = question.field.kind
    if kind == "blocks":
        return _blocks(question, head, standing)
    if kind == "record":
        output.note(f"{head}{question.asks()}")
        return _row(question, question.columns, standing or {})
    if kind == "map":
        output.note(f"{head}{question.asks()}")
        return _row(question, tuple(column for _key, column in question.keys), standing or {})
    return _field(question, question.field, f"{head}{question.asks()}", standing)


def _blocks(question: Question, head: str, standing: Any) -> list[dict[str, Any]]:
    output.note(f"{head}{question.asks()}")
    rows: list[dict[str, Any]] = []
    old = list(standing or [])
    if question.field.optional and not _yes(_("Is there any?"), default=False):
        return rows
    while True:
        rows.append(_row(question, question.columns, old[len(rows)] if len(rows) < len(old) else {}))
        if not _yes(_("Another one?"), default=len(rows) < len(old)):
            return rows


def _row(question: Question, columns: tuple[Column, ...], standing: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in columns:
        asked = column.says().partition(":")[0] if question.field.kind == "map" and column.options else column.says()
        answer = _field(question, column, f"      {_capital(asked)}", standing.get(column.key, column.default))
        if answer not in (None, ""):
            row[column.key] = answer
    return row


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _field(question: Question, column: Column, prompt: str, standing: Any) -> Any:
    """One answer, asked until it is one. An empty line keeps what stands there."""
    from fund import forms

    offered = _worth_offering(column, standing)
    while True:
        for told in _choices(column, prompt, offered):
            output.note(told)
        line = _line(_prompt(column, prompt, offered))
        if line == "<":
            raise _Back
        if line == "?":
            _explain(column)
            continue
        if line == '"""':
            line = _long()
        elif not line and not offered and column.kind == "long" and os.environ.get("EDITOR"):
            line = (click.edit("") or "").strip()
        elif not line and offered:
            line = offered
        try:
            return forms.answered(question, line, column=column)
        except FundError as problem:
            details = {key: _plain(value) for key, value in problem.details.items()}
            output.note("      " + _(_FAULTS.get(problem.code(), problem.message)).format(**details))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _worth_offering(column: Column, standing: Any) -> str:
    """What stands in the file already, as somebody would type it."""
    if isinstance(standing, list):
        return ", ".join(map(str, standing))
    if standing is None or (standing == 0 and column.default is None):
        return ""
    return str(standing)


def _numbered(column: Column) -> list[str]:
    """What can be chosen by its number; nothing where that is too much to read."""
    if column.kind != "choice" or len(column.options) > 10:
        return []
    words = [nl if language() == "nl" else en for code, nl, en in column.options if code != "rollout"]
    return [f"{number} {word}" for number, word in enumerate(words, start=1)]


def _choices(column: Column, prompt: str, offered: str) -> list[str]:
    """The question and its choices on lines of their own, where they do not fit before the answer."""
    listed = _numbered(column)
    if not listed or len(_in_one_line(prompt, listed, offered)) <= _WIDTH:
        return []
    return [f"{prompt.rstrip('.')}:", *(f"      {each}" for each in listed)]


def _in_one_line(prompt: str, listed: list[str], offered: str) -> str:
    asked = _("{question}. {choices}. Number").format(question=prompt.rstrip("."), choices=", ".join(listed))
    return _ending(asked, offered)


def _prompt(column: Column, prompt: str, offered: str) -> str:
    listed = _numbered(column)
    if not listed:
        return _ending(prompt, offered)
    whole = _in_one_line(prompt, listed, offered)
    return whole if len(whole) <= _WIDTH else _ending("      " + _("Number"), offered)


def _ending(prompt: str, offered: str) -> str:
    if offered:
        room = max(_SHORTEST, min(40, _WIDTH - len(prompt) - len(" []: ")))
        shown = offered if len(offered) <= room else offered[: room - 1] + "…"
        return f"{prompt} [{shown}]: "
    return f"{prompt}: "


def _explain(column: Column) -> None:
    output.note("      " + _capital(column.says()))
    if column.kind in ("partner", "partners"):
        output.note("      " + _("All partners with their ids: fund partner list"))
    if len(column.options) > 10 or column.kind == "choices":
        for code, nl, en in column.options:
            output.note(f"      {code}: {nl if language() == 'nl' else en}")


def _line(prompt: str) -> str:
    try:
        line = output.ask_line(prompt)
    except KeyboardInterrupt:
        raise _Stop from None
    if line is None:
        raise _Stop
    return line.strip()


def _long() -> str:
    """Lines until one that is only three quotes."""
    lines: list[str] = []
    while (line := _line("      ")) != '"""':
        lines.append(line)
    return "\n".join(lines)


def _yes(question: str, *, default: bool = True) -> bool:
    choice = _("[Y/n]") if default else _("[y/N]")
    answer = _line(f"{question} {choice} ").lower()
    return default if not answer else answer in ("j", "ja", "y", "yes")


def _keep(ctx: click.Context, path: str) -> None:
    """Offer to keep the file in the fund: as a draft, or in the draft that it was read from."""
    from fund import forms

    content = FORM.read(path)["content"]
    ref = forms.open_form(content, path).revision.partition("/")[0]
    if ref:
        question = _("{file} is ready. Save it in {ref} too?").format(file=path, ref=ref)
    else:
        question = _("{file} is ready. Keep it as a draft in the fund too?").format(file=path)
    if not _yes(question):
        return
    keep: Callable[..., Mapping[str, Any]]
    with opened(ctx) as (fund, keep, _look):
        answer = keep(
            fund,
            "proposal save" if ref else "proposal draft",
            {"content": content, "name": path, **({"ref": ref} if ref else {})},
            user=shell(ctx).settings.user,
            command_id=typed(ctx, "command_id"),
        )
    write_output(path, forms.mark(content.decode(), answer["result"]["revision_mark"]).encode())
    from fund.reports.statements import remarks

    told = _("{ref} is saved.") if ref else _("Draft {ref} is kept.")
    output.render_answer(answer, [told.format(ref=answer["result"]["ref"]), *remarks(answer["result"])])
