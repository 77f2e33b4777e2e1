"""``fund proposal new``, around its questions: the round that is asked for, the file as it was, what becomes of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import output
from cli.params import FORM, opened, run, shell
from cli.proposal.interviewing import Back, Stop, ask_line, converse, yes
from cli.proposal.parties import band, drafted, mark_file, saved, what_it_takes
from fund.errors.people import NotAuthorised
from fund.errors.proposals import NoRoundOpen, RoundNotOpen
from fund.errors.usage import NobodyToAsk
from fund.glossary import meant
from fund.language import _, day, euros, language
from fund.registry import query_named
from fund.workflows.proposals.commands import DraftProposal, SaveProposal

if TYPE_CHECKING:
    from fund.forms import FormFile, Interview, Prompt
    from fund.glossary import Names

_MINUTES_PER_QUESTION = 8 / 3


@dataclass(frozen=True, slots=True)
class _Known:
    """What the fund knows, so that nobody is asked for it.

    Attributes:
        rounds: As ``round list`` has them.
        partners: By id their names, the short one first.
        lead: The partner of whoever asks; empty where there is none.
        state: The state of the proposal from which the file was read; empty for a new one.
    """

    today: date
    user: str
    rounds: Sequence[Mapping[str, Any]]
    partners: Names
    cooperations: Mapping[str, str]
    lead: str
    state: str

    @property
    def open(self) -> list[Mapping[str, Any]]:
        return [row for row in self.rounds if row["state"] == "open"]

    def round(self, ref: str) -> Mapping[str, Any] | None:
        return next((row for row in self.rounds if row["ref"] == ref), None)


def fill_in(ctx: click.Context, path: str, round_ref: str | None) -> None:
    """Ask what the track asks, write each answer at once, and offer to keep the result as a draft.

    Raises:
        NobodyToAsk: There is no terminal; the hint is the template.
        NotAuthorised, NoRoundOpen, RoundNotOpen: As they say; nothing was written.
        FormFault, FaultyForm: The file has something that no question mends.
    """
    from fund import forms

    file = None
    if os.path.lexists(path):
        file = forms.open_form(FORM.read(path)["content"], path)
    if not output.interactive():
        raise NobodyToAsk(command="fund proposal template --track light")
    known = _what_the_fund_knows(ctx, file)
    if file is not None:
        file.require_tables("light")
    try:
        found = _round(known, path, file, round_ref)
        interview = _begin(known, path, file, found)
    except (Stop, Back):
        output.note()
        output.note(_("Nothing was written."))
        raise click.exceptions.Exit(1) from None
    _Filling(ctx, path, known, interview, found).carry_on()


def _what_the_fund_knows(ctx: click.Context, file: FormFile | None) -> _Known:
    from fund.commands.querying import ask
    from fund.schemas.capital import Partner, names_of

    user = shell(ctx).settings.user
    ref = file.revision.partition("/")[0] if file is not None else ""
    with opened(ctx, changes=False) as fund:

        def of(name: str, **args: str) -> Mapping[str, Any]:
            return ask(fund, query_named(name, args), user=user)

        partners, people = of("partner list"), of("user list")["users"]
        me = _found(user or "", people)
        known = _Known(
            today=date.fromisoformat(partners["as_of"]),
            user=user or "",
            rounds=of("round list")["rounds"],
            partners=names_of(
                Partner.model_construct(ref=row["id"], name=row["name"], short_name=row["short_name"], sort=row["kind"])
                for row in partners["partners"]
            ),
            cooperations={row["ref"]: row["name"] for row in of("cooperation list")["cooperations"]},
            lead=(me or {}).get("partner") or "",
            state=of("proposal show", ref=ref)["state"] if ref else "",
        )
    if not known.lead:
        from fund.rules.authority import PARTY_EDITOR

        has = list((me or {}).get("roles", ())) or ["-"]
        raise NotAuthorised(actor=known.user or "-", has=has, command="proposal new", needs=PARTY_EDITOR.codes())
    return known


def _found(user: str, people: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Who asks, as the fund finds a user: by name or id as typed, else whatever the capitals and accents."""
    active = {person["id"]: person for person in people if person["state"] == "active"}
    as_typed = [ref for ref, person in active.items() if user in (ref, person["name"])]
    found = as_typed or meant(user, {ref: (person["name"],) for ref, person in active.items()})
    return active[found[0]] if found else None


# ------------------------------------------------------------------------------------------------------------ the round


def _round(known: _Known, path: str, file: FormFile | None, asked: str | None) -> Mapping[str, Any]:
    """The round to ask for: the one that was named, the one of the file, else one that is open now.

    Raises:
        RoundNotOpen, NoRoundOpen: As they say. UnknownRef: There is no such round.
    """
    named = known.round(asked or (file.round if file is not None else ""))
    settled = not asked and (known.state not in ("", "draft") or (file is not None and _is_rollout(file)))
    if named is not None and (named["state"] == "open" or settled):
        return named
    if asked:
        raise _not_open(named, path, asked)
    if not known.open:
        raise _none_open(known)
    if named is not None:
        told = _("Round {round} closed on {day}. What you answered goes along to a round that is open.")
        output.note(told.format(round=named["ref"], day=day(_last_day(named))))
    return known.open[0] if len(known.open) == 1 else _chosen(known.open)


def _is_rollout(file: FormFile) -> bool:
    """Whether it rolls an experiment out: that is invited, whichever round is open."""
    proposal = file.document.get("proposal")
    return isinstance(proposal, dict) and proposal.get("sort") == "rollout"


def _not_open(named: Mapping[str, Any] | None, path: str, asked: str) -> Exception:
    from fund.errors.commands import UnknownRef

    if named is None:
        return UnknownRef(kind="round", ref=asked, suggestion="fund round list")
    return RoundNotOpen(
        command="proposal new",
        ref=path,
        round=named["ref"],
        state=output.state_text("round", named["state"]),
        opens_at=datetime.fromisoformat(named["opens_at"]),
        closes_at=datetime.fromisoformat(named["closes_at"]),
    )


def _none_open(known: _Known) -> NoRoundOpen:
    planned = [row for row in known.rounds if row["state"] == "planned"]
    if not planned:
        return NoRoundOpen(next=_("none is planned"))
    told = _("round {round} opens on {day}")
    opens = datetime.fromisoformat(planned[0]["opens_at"])
    return NoRoundOpen(next=told.format(round=planned[0]["ref"], day=day(_day_of(opens))))


def _chosen(rounds: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """One of the rounds that are open, by its number or its reference."""
    while True:
        output.note(_("Rounds that are open now:"))
        for place, row in enumerate(rounds, start=1):
            output.note(f"      {place} {_described(row)}")
        line = ask_line("      " + _("Number") + ": ")
        for place, row in enumerate(rounds, start=1):
            if line in (str(place), row["ref"]):
                return row


def _described(row: Mapping[str, Any]) -> str:
    told = _("{round} {title}: {track}, {band}, closes {day}")
    return told.format(
        round=row["ref"],
        title=row["title"],
        track=output.track_text(row["track"]),
        band=band(row),
        day=day(_last_day(row)),
    )


def _day_of(instant: datetime) -> date:
    from fund import dates

    return dates.day_of(instant)


def _last_day(row: Mapping[str, Any]) -> date:
    return _day_of(datetime.fromisoformat(row["closes_at"]) - timedelta(microseconds=1))


# ------------------------------------------------------------------------------------------------------------- the file


def _begin(known: _Known, path: str, file: FormFile | None, found: Mapping[str, Any]) -> Interview:
    """The conversation about the file: a new one, or the one that is there with a place for all that the track asks.

    Raises:
        FormFault, FaultyForm: The file has something that no question mends.
    """
    from fund import forms

    track = str(found["track"])
    if file is None:
        text = forms.template(track, comments=language(), round=found["ref"], lead=known.lead)
        interview = forms.Interview(text, path, track, partners=known.partners)
        _introduce(found, len(interview.questions))
    else:
        text = FORM.read(path)["content"].decode("utf-8-sig").replace("\r\n", "\n")
        if file.of.version != forms.CURRENT and known.state in ("", "draft"):
            text = _bring_up_to_date(file, path, track)
            file = forms.open_form(text.encode(), path)
        interview = forms.Interview(text, path, track, of=file.of, partners=known.partners)
    interview.of = interview.of.knowing(known.cooperations, known.partners)
    if file is None:
        return interview
    unaskable = [fault for fault in interview.faults() if not _is_asked(interview, fault)]
    if unaskable:
        raise file.refusal(unaskable)
    before = known.round(file.round)
    if interview.lacks():
        old = _copied(path, before["track"] if before is not None else "old")
        output.note(_("The file as it was is {old}.").format(old=old))
        interview.move(track, comments=language())
    if file.round != found["ref"]:
        interview.give("proposal.round", str(found["ref"]))
    if not interview.text_of("proposal.lead_partner"):
        interview.give("proposal.lead_partner", known.lead)
    _introduce(found, len(interview.questions), resumed=interview)
    return interview


def _is_asked(interview: Interview, fault: Any) -> bool:
    given = fault.details["field"] in ("proposal.round", "proposal.lead_partner")
    return given or (fault.code() != "unknown_field" and interview.place_of(fault) is not None)


def _copied(path: str, name: str) -> Path:
    """Where the file as it was is kept, beside what is written over it: in a file that was not there yet."""
    target = Path(path)
    numbers = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{target.stem}.{name}{number}{target.suffix}" for number in numbers)
    beside = next(each for each in map(target.with_name, names) if not os.path.lexists(each))
    output.write_output(str(beside), FORM.read(path)["content"], force=False)
    return beside


def _bring_up_to_date(file: FormFile, path: str, track: str) -> str:
    """The file on the form in force, its answers kept; the old one is kept beside it."""
    from fund import forms

    newer = forms.upgrade(file, track=track, comments=language())
    beside = _copied(path, file.of.version)
    output.write_output(path, newer.text.encode())
    told = _("{file} was on form {before} and is on form {after} now, with your answers; the old one is {old}.")
    output.note(told.format(file=path, before=newer.before, after=newer.after, old=beside))
    if newer.left:
        output.note(_("Not asked any more: {fields}.").format(fields=", ".join(newer.left)))
    return newer.text


def _introduce(found: Mapping[str, Any], number: int, *, resumed: Interview | None = None) -> None:
    if resumed is not None:
        at = resumed.next()
        told = _(
            "Round {round}, {track}: on at question {question} of {number}. Type ? for an explanation, < to go back,"
            " <3 for question 3."
        )
        if at is None:
            told = _(
                "Round {round}, {track}: all {number} questions are answered. Type < to go back, <3 for question 3."
            )
        track = output.track_text(found["track"])
        output.note(told.format(round=found["ref"], track=track, question=at.number if at else 0, number=number))
        return
    minutes = 5 * round(number * _MINUTES_PER_QUESTION / 5)
    output.note(
        _("Round {round}, {track}: {number} questions, about {minutes} minutes. See all of it first:").format(
            round=found["ref"], track=output.track_text(found["track"]), number=number, minutes=minutes
        )
    )
    output.note(
        _("fund proposal template --track {track}. Type ? for an explanation, < to go back.").format(
            track=found["track"]
        )
    )


# ------------------------------------------------------------------------------------------------------- carrying it on


class _Filling:
    """The file on its way: from the first question to the draft."""

    def __init__(
        self, ctx: click.Context, path: str, known: _Known, interview: Interview, found: Mapping[str, Any]
    ) -> None:
        self.ctx, self.path, self.known, self.interview, self.round = ctx, path, known, interview, found

    def carry_on(self) -> None:
        """Ask all that is open, then offer to keep the file in the fund."""
        at = self._misfit()
        try:
            while True:
                converse(
                    self.interview, year=self.known.today.year + 1, keep=self._write, answered=self._answered, at=at
                )
                try:
                    wanted = self._wanted()
                    break
                except Back as back:
                    at = self.interview.question(back.number or 0) or self.interview.last()
        except Stop:
            output.note()
            told = _("{file} is kept. Go on with: fund proposal new {file}").format(file=self._typed)
            output.note(told)
            raise click.exceptions.Exit(1) from None
        if wanted:
            self._keep()
        else:
            self._leave()

    def _misfit(self) -> Prompt | None:
        """The question of the amount, told why, where what the file asks does not fit its round (any more)."""
        ask = self.interview.cents_of("money.ask")
        if not ask or self._takes(self.round, ask):
            return None
        self._tell_band(ask)
        return next(each for each in self.interview.prompts() if each.question.path == "money.ask")

    def _write(self, text: str) -> None:
        output.write_output(self.path, text.encode())

    def _answered(self, at: Prompt) -> None:
        """What an answer brings with it: the amount decides the track, the characteristics point to a form."""
        if at.question.path == "money.ask":
            self._fit(at)
        elif at.question.path == "money.own_share":
            self._tell_unpaid()
        elif at.question.field.key == "characteristics" and at.column == at.question.keys[-1][1]:
            self._point()

    def _tell_unpaid(self) -> None:
        """That the parties pay another part themselves than their costs leave."""
        left, own = self.interview.unpaid_cents(), self.interview.cents_of("money.own_share") or 0
        if left != own:
            told = _("The costs leave {left} to the parties, their own share is {own}, difference {difference}.")
            told = told.format(left=euros(left), own=euros(own), difference=euros(abs(left - own)))
            output.note("      " + told)

    def _point(self) -> None:
        from fund import forms

        given = {key: self.interview.text_of(f"experiment.characteristics.{key}") for key in self._traits()}
        advice = forms.advise({key: value for key, value in given.items() if value})
        for each in advice.forms if advice is not None else ():
            output.note("      " + _("This points to: {name} ({use}).").format(name=each.name, use=each.use))

    def _traits(self) -> list[str]:
        asked = next(each for each in self.interview.questions if each.field.key == "characteristics")
        return [key for key, _column in asked.keys]

    # --------------------------------------------------------------------------------------- the amount, the round

    def _fit(self, at: Prompt) -> None:
        """The ask lies in the band of the round; else in that of another that is open: the answers go along."""
        ask = self.interview.cents_of("money.ask") or 0
        if self._takes(self.round, ask):
            return
        self._tell_band(ask)
        movable = self.known.state in ("", "draft")
        fitting = [row for row in self.known.open if movable and row is not self.round and self._takes(row, ask)]
        if not fitting:
            output.note("      " + _("Ask another amount, or stop and wait for a round that takes this one."))
        elif len(fitting) == 1:
            output.note(f"      {_described(fitting[0])}")
            if yes("      " + _("Go on in round {round}?").format(round=fitting[0]["ref"])):
                self._move(fitting[0])
                return
        else:
            self._move(_chosen(fitting))
            return
        self.interview.done.discard(at.path)
        raise _Again(at)

    def _tell_band(self, ask: int) -> None:
        """What the round takes, where it does not take what is asked."""
        output.note("      " + what_it_takes(self.round, ask))

    def _takes(self, row: Mapping[str, Any], ask: int) -> bool:
        rollout = self.interview.text_of("proposal.sort") == "rollout"
        low, below = 0 if rollout else row["ask_from_cents"], row["ask_below_cents"]
        return low <= ask <= row["ceiling_cents"] and (below is None or ask < below)

    def _move(self, row: Mapping[str, Any]) -> None:
        """Go on in another round, all answers kept; its track may ask more."""
        self.round = row
        self.interview.give("proposal.round", str(row["ref"]))
        if row["track"] != self.interview.track:
            self.interview.move(str(row["track"]), comments=language())
        told = _("Round {round}, {track}: {number} questions; your answers go along.")
        track, number = output.track_text(row["track"]), len(self.interview.questions)
        output.note("      " + told.format(round=row["ref"], track=track, number=number))

    # ------------------------------------------------------------------------------------------------------- afterwards

    @property
    def _typed(self) -> str:
        """The file as it is typed, also where its name has a space."""
        return shlex.quote(self.path)

    @property
    def _ref(self) -> str:
        from fund import forms

        return forms.open_form(self.interview.text.encode(), self.path).revision.partition("/")[0]

    def _wanted(self) -> bool:
        """Whether the file is to be kept in the fund."""
        if self.interview.text_of("proposal.sort") == "rollout" and not self._ref:
            return False
        if self._ref:
            return yes(_("{file} is ready. Save it in {ref} too?").format(file=self.path, ref=self._ref))
        return yes(_("{file} is ready. Keep it as a draft in the fund too?").format(file=self.path))

    def _command(self) -> str:
        if self._ref:
            return f"fund proposal save {self._ref} {self._typed}"
        follows = " --follows REF" if self.interview.text_of("proposal.sort") == "rollout" else ""
        return f"fund proposal draft {self._typed}{follows}"

    def _leave(self) -> None:
        """What can be done with a file that stays where it is."""
        output.note(_("{file} is kept, and the fund does not have it yet.").format(file=self.path))
        output.note(_("Change an answer: {command}").format(command=f"fund proposal new {self._typed}"))
        output.note(_("Next step: {command}").format(command=self._command()))

    def _keep(self) -> None:
        file = FORM.read(self.path)
        given = SaveProposal(ref=self._ref, file=file) if self._ref else DraftProposal(file=file)
        answer = run(self.ctx, given, done=saved if self._ref else drafted)
        mark_file(self.ctx, file, answer)


class _Again(Back):
    """The same question once more."""

    def __init__(self, at: Prompt) -> None:
        super().__init__(at.number)
