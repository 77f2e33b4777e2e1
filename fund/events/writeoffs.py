"""Write-offs: what will not come back, decided openly, booked once, and what came back after all (lifecycle.md 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from fund.events.base import Fact
from fund.language import N_


class _WriteoffFact(Fact, kind="writeoff"):
    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "agreement/agreement")

    agreement: str
    proposal: str


class WriteoffProposed(_WriteoffFact, wire="writeoff.proposed"):
    """The fund manager proposes to give up (part of) an advance, and on which ground."""

    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("reminders and legal view")}

    ground: str
    """``learning``, ``hardship``, ``uncollectible`` or ``irregularity``."""
    amount_cents: int
    outstanding_cents: int
    lead: str
    parties: tuple[str, ...]
    reason: str
    hypothesis: str = ""
    learning: str = ""
    file_sha256: str = ""
    """The legal view on file, where the ground asks it."""
    requested_by: str = ""
    """The signatory of the lead who asked for it; of learning always, in older facts nobody."""


class WriteoffVoted(_WriteoffFact, wire="writeoff.voted"):
    """A committee member voted; what was voted stays under seal until the decision."""

    commitment: str


class WriteoffDecided(_WriteoffFact, wire="writeoff.decided"):
    """The committee agreed; the votes are open now (user id to ``for``, ``against`` or ``abstain``)."""

    opens: ClassVar[tuple[str, ...]] = ("votes", "salts", "reasons")

    amount_cents: int
    votes: dict[str, str]
    salts: dict[str, str]
    two_thirds: bool
    """Whether two thirds were needed: beyond the learning budget of the year."""
    learning_budget_left_cents: int
    reasons: dict[str, str] = Field(default_factory=dict)
    """By user id, why; with choice and salt it gives the commitment that stood in ``writeoff.voted``."""
    necessity: bool = False
    """Whether the full board decided, because conflicts leave no committee (rule of necessity)."""
    disclosed: dict[str, str] = Field(default_factory=dict)
    """Where the full board decided: the ground of each active partner that has a conflict."""


class WriteoffRefused(_WriteoffFact, wire="writeoff.refused"):
    """The committee did not agree."""

    opens: ClassVar[tuple[str, ...]] = ("votes", "salts", "reasons")

    votes: dict[str, str]
    salts: dict[str, str]
    two_thirds: bool
    reason: str
    reasons: dict[str, str] = Field(default_factory=dict)
    """By user id, why; with choice and salt it gives the commitment that stood in ``writeoff.voted``."""
    necessity: bool = False
    disclosed: dict[str, str] = Field(default_factory=dict)
    """Where the full board decided: the ground of each active partner that has a conflict."""


class WriteoffPosted(_WriteoffFact, wire="writeoff.posted"):
    """The advance, or that part of it, is given up and its instalments are cancelled."""

    affects: ClassVar[tuple[str, ...]] = (*_WriteoffFact.affects, "plan/agreement")

    ground: str
    amount_cents: int
    allowance_released_cents: int
    """The allowance above what remains outstanding."""


class WriteoffReversed(_WriteoffFact, wire="writeoff.reversed"):
    """A write-off was taken back: the exact mirror of its entry, in today's year; instalments return."""

    affects: ClassVar[tuple[str, ...]] = (*_WriteoffFact.affects, "plan/agreement")

    ground: str
    reason: str
    entry_seq: int
    """The entry that is mirrored."""
    amount_cents: int
    allowance_released_cents: int
    recovered_cents: int = 0
    """Recovered meanwhile: no recovery any more, but a repayment."""
    allowance_above_cents: int = 0
    """The allowance above what is outstanding once the recoveries count as repayments."""


class WriteoffRecovered(_WriteoffFact, wire="writeoff.recovered"):
    """Money came in on what was written off; what exceeds the write-off is the payer's."""

    affects: ClassVar[tuple[str, ...]] = (*_WriteoffFact.affects, "receipt/receipt")

    receipt_cents: int
    """What came in: the two below together."""
    amount_cents: int
    surplus_cents: int = 0
    payer: str
    receipt: str = ""
