"""Partners, distribution keys, and the contributions that are called and received."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact, Value
from fund.events.values import OpenedVote


class PartnerProposed(Fact, wire="partner.proposed", kind="partner"):
    """A government would like to take part: it is known as a candidate, and nothing follows from that yet."""

    name: str
    short_name: str
    sort: str
    size_class: str = ""
    region: str | None = None
    inhabitants: int | None = None
    inhabitants_year: int | None = None


class PartnerAdmitted(Fact, wire="partner.admitted", kind="partner"):
    """A government takes part in the fund from a day on; founders were there before the first call.

    Attributes:
        key: The distribution key that it joins; empty for founders, over whom one is adopted.
        weight: Its weight beside those of the key, as an exact fraction: the others are only re-scaled.
        par_cents: What it is to be called for its share, at par.
    """

    affects: ClassVar[tuple[str, ...]] = ("key/key",)

    name: str
    short_name: str
    sort: str
    """municipality, water_board, region or province."""
    size_class: str = ""
    region: str | None = None
    inhabitants: int | None = None
    inhabitants_year: int | None = None
    joined_on: date
    founder: bool = True
    key: str = ""
    weight: str = "0"
    par_cents: int = 0


class KeyProposed(Fact, wire="key.proposed", kind="key"):
    """A distribution key lies before the full board."""

    family: str
    reference_year: int | None = None
    base_bps: int = 0
    fixed_bps: Mapping[str, int] = {}
    from_on: date
    shares: Mapping[str, str]
    """Weight per partner as an exact fraction of the whole."""
    early: bool
    """Within five years of the key before: every active partner must agree."""


class KeyVoted(Fact, wire="key.voted", kind="key"):
    """An active partner voted on a key, openly: how it was done before votes on keys went under seal too."""

    partner: str
    choice: str


class KeyVoteSealed(Fact, wire="key.vote_sealed", kind="key"):
    """P26: the signatory who acts has voted on a key for a partner, under seal. The same person may vote again."""

    partner: str
    commitment: str
    """SHA-256 over salt, choice and reason, hexadecimal."""


class KeyAdopted(Fact, wire="key.adopted", kind="key"):
    """A key holds for calls from a day on; earlier calls stand. Admissions and exits re-scale it."""

    opens: ClassVar[tuple[str, ...]] = ("votes",)

    family: str
    reference_year: int | None = None
    base_bps: int = 0
    fixed_bps: Mapping[str, int] = {}
    from_on: date
    shares: Mapping[str, str]
    founding: bool = False
    """Whether it came with the regulations."""
    votes: tuple[OpenedVote, ...] = ()
    """The votes under seal, opened, in the order of user ids."""


class KeyRejected(Fact, wire="key.rejected", kind="key"):
    """A key did not get the votes it needs."""

    opens: ClassVar[tuple[str, ...]] = ("votes",)

    votes_for: int
    needed: int
    votes: tuple[OpenedVote, ...] = ()
    """The votes under seal, opened, in the order of user ids."""


class BenefitOfPartner(Value):
    """What all experiments together brought one partner until a day, beside what was planned."""

    partner: str
    planned_cents: int
    realised_cents: int
    told: bool
    """Whether anything realised was reported at all."""


class KeyReviewAnnounced(Fact, wire="key.review_announced", kind="key"):
    """The five years of a key are nearly over: the partners look at it again.

    Attributes:
        months: So many months before the last day.
        until_on: The last day of the five years.
        report: The article under which the effectiveness of the grants is reported, at the same time.
        benefits: What the fund brought each partner, as far as it was reported.
        rounds: The rounds that are under way: the key is looked at in a quiet window.
    """

    months: int
    until_on: date
    report: str
    benefits: tuple[BenefitOfPartner, ...] = ()
    rounds: tuple[str, ...] = ()


class ContributionCalled(Fact, wire="contribution.called", kind="call"):
    """One partner is asked for capital; a call over all partners is one fact for each of them.

    Attributes:
        key: The version of the key that divided ``total_cents``; empty where one partner was called.
        share: The partner's weight among those called, as an exact fraction.
        series: The first call that was made with this one.
        instalment, instalments: Which part of how many. part_cents: What the partner is asked in all of them.
        commitment: The award that it is for; empty where it is for the fund.
    """

    affects: ClassVar[tuple[str, ...]] = ("partner/partner",)

    partner: str
    amount_cents: int
    due_on: date
    key: str = ""
    share: str = ""
    total_cents: int
    series: str = ""
    instalment: int = 1
    instalments: int = 1
    part_cents: int = 0
    commitment: str = ""


class ContributionReminded(Fact, wire="contribution.reminded", kind="call"):
    """What is open of a call falls due soon, or is late by a step of days: told once, nothing is posted.

    Attributes:
        step_days: Days after the due day; before it, less than nothing. step: soon, note, demand or committee.
        open_cents: What was open of the call.
    """

    partner: str
    due_on: date
    step_days: int
    step: str
    open_cents: int


class ContributionReceived(Fact, wire="contribution.received", kind="call"):
    """What a partner paid is set against its call; what it paid too much is owed to it.

    Attributes:
        receipt: The receipt it came in with. receipt_cents: What of it is used: amount and surplus.
        amount_cents: What the partner owes less from now on.
        surplus_cents: What it paid above what was open.
        rule: The evidence by which they were matched.
    """

    affects: ClassVar[tuple[str, ...]] = ("receipt/receipt", "partner/partner")

    partner: str
    receipt: str
    receipt_cents: int
    amount_cents: int
    surplus_cents: int = 0
    rule: str
