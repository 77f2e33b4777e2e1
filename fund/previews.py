"""What a command does, in the words of the reader: the facts it records, field by field.

``fund.unit_of_work.preview`` makes the preview: a plain list, the same in every language, in the answer of a command
under ``preview``. Here are the words: :func:`lines` for whoever decides, :func:`short` for a line of the inbox. Every
command that asks a second person shows every field of its facts, or :data:`LEFT_OUT` says why not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from fund.language import AMSTERDAM, _, day, decimal_text, euros, instant
from fund.words import account_word, choice_word, event_word, in_language, role_word, words_in

Preview = Mapping[str, Any]
"""``facts``: of each its ``type`` and its ``fields``."""
Pair = Mapping[str, Any]
"""One field: ``label`` and ``value``; ``name`` (and ``iban``) of what the value refers to, ``rows`` of a list,
``sealed`` where the content opens only when it happens, ``new`` where the number is given then."""

SHOWN = frozenset(
    {"agreement.amended", "agreement.closed", "agreement.completed", "agreement.lead_changed", "agreement.refinanced",
     "agreement.resumed", "agreement.suspended", "agreement.terminated", "allowance.adjusted", "amendment.agreed",
     "amendment.proposed", "amendment.refused", "bank_account.registered", "benefit.reported", "charge.claimed",
     "charge.waived", "contribution.called", "contribution.received", "cost.approved", "decision.approved",
     "decision.conditional", "decision.conditions_met", "decision.deferred", "decision.eligibility_reopened",
     "decision.rejected", "decision.reopened", "decision.upheld", "delivery.retried", "disbursement.approved",
     "disbursement.cancelled", "disbursement.refused", "disbursement.withdrawn", "entry.posted", "entry.reversed",
     "evaluation.waived", "exit.closed_out", "exit.paid", "exit.quoted", "exit.set_off", "exit.settlement_agreed",
     "exit.settlement_proposed", "key.adopted", "key.rejected", "milestone.replanned", "overpayment.moved",
     "overpayment.refunded", "payable.cancelled", "payee.recorded", "payee.verified", "payment.failed", "payment.sent",
     "payment.settled", "period.closed", "period.locked", "period.reopened", "plan.restructured",
     "proposal.found_ineligible", "proposal.withdrawn", "receipt.allocated", "receipt.reallocated",
     "regulations.adopted", "resolution.carried", "resolution.lost", "resolution.proposed", "review.conflict_decided",
     "review.conflict_declared", "review.declared", "review.recomputed", "review.score_excluded", "round.planned",
     "transfer.failed", "transfer.sent", "transfer.settled", "user.added", "user.changed", "user.revoked",
     "writeoff.posted", "writeoff.reversed", "year.closed"}
)  # fmt: skip
"""The facts that are shown field by field, by their wire name; their title is :func:`fund.words.event_word`."""


def labels() -> Mapping[str, tuple[str, str]]:
    """The words of a field, by its label."""
    return words_in("labels.csv")


LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "balances": "what the value is calculated from: fund partner exit-quote shows it",
        "review.recomputed.means": "a figure that follows; fund review show has it",
        "review.recomputed.gates_missed": "a figure that follows; fund review show has it",
        "review.recomputed.consensus_forced": "a figure that follows; fund review show has it",
        "review.recomputed.spread_criteria": "a figure that follows; fund review show has it",
        "review.recomputed.consensus_by": "a day that follows; fund review show has it",
        "review.recomputed.spread_total": "a figure that follows; fund review show has it",
        "review.recomputed.advice": "a figure that follows; fund review show has it",
        "review.recomputed.total": "a figure that follows; fund review show has it",
        "review.recomputed.turn": "the number of the review; it does not change",
        "repayable_bps": "what the value is calculated from: fund partner exit-quote shows it",
        "promised": "what the value is calculated from: fund partner exit-quote shows it",
        "reallocated.event_id": "the receipt says which one it is",
        "named_item.case": "its holder says which case it is",
        "bank_line": "a number inside the system; account, amount and day say which line it is",
        "child_proposal": "the agreement of the roll-out names it",
        "end_to_end_id": "the reference of the payment, without marks",
        "hands": "who acted before; the command refuses them by itself",
        "batch_line.kind": "the reference of the payment says what is paid",
        "batch_line.agreement": "the payment names its disbursement",
        "batch_line.payee_ref": "name and IBAN of that account stand beside it",
        "opened_vote.kind": "the organisation says it",
        "proposal": "the agreement has the number and the title of its proposal",
        "salt": "opens the seal of a vote; a program checks it",
        "salts": "open the seals of votes; a program checks them",
        "series": "the numbers of calls are given when it happens",
        "streams": "the cases that hear of it: they follow from what is cancelled",
    }
)
"""Fields that nobody is shown, and why: ``model.field`` where only there."""

_NAMED: Mapping[str, str] = MappingProxyType(
    {
        "payee.recorded.name": "account_name",
        "batch_line.name": "account_name",
        "batch_line.ref": "payable",
        "contribution.called.commitment": "award",
        "payment.sent.lines": "payments",
        "review.recomputed.without": "score_of",
        "reallocated.before": "parts_before",
        "reallocated.after": "parts_after",
        "receipt.reallocated.from_on": "valued_from_on",
        "terms.capital_cents": "total_capital_cents",
        "exit.closed_out.buffer_cents": "from_buffer_cents",
        "charge.claimed.no": "charge_no",
        "charge.waived.no": "charge_no",
        "delivery.retried.event_id": "event",
        "regulations.adopted.text": "text_sha256",
    }
)
"""Where a field has another label than its name."""

SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "review": "proposal",
        "decision": "proposal",
        "plan": "agreement",
        "evaluation": "agreement",
        "exit": "partner",
        "payee": "record",
        "allowance": "quarter",
        "deliveries": "event",
        "debit": "receipt",
    }
)
"""What the case of a kind is called by, where its own ref is that of another."""

MAPPINGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"disclosed": ("partner", "ground"), "shares": ("partner", "share"), "fixed_bps": ("partner", "fixed_bps"),
     "votes": ("voter", "choice"), "reasons": ("criterion", "reason"), "evidence": ("number", "file_sha256")}
)  # fmt: skip
"""Labels whose values are tables: what the keys are, and what the values."""

PARTNERS = frozenset(
    {"partner", "payee", "lead", "new_lead", "before", "owner", "organisation", "parties", "co_applicants",
     "beneficiaries", "signed_for"}
)  # fmt: skip
"""Labels whose values (or keys) are partners; a payee may be a supplier."""
PEOPLE = frozenset({"user", "requested_by", "deputy_of", "reviewer", "score_of", "consent", "voter"})
"""Labels whose values are user ids."""
CASES: Mapping[str, str] = MappingProxyType(
    {"agreement": "agreement", "child": "agreement", "kept": "agreement", "proposal": "proposal", "award": "proposal",
     "round": "round", "milestone": "milestone", "subject": "agreement"}
)  # fmt: skip
"""Labels whose values are cases that have a title, and of which kind."""
REFS = frozenset(
    {*CASES, "batch", "call", "payable", "resolution", "amendment", "transfer", "journal", "writeoff", "receipt",
     "supersedes", "payee_ref", "regulations"}
)  # fmt: skip
"""Labels whose values are references, which may be given only when it happens."""
_ACCOUNTS = frozenset({"account", "from_account", "to_account"})
"""Labels whose values are accounts of the ledger."""

_CODED = frozenset(
    {"allocation", "track", "asks", "body", "ground", "grounds", "lower_ground", "matter", "choice", "family",
     "plan_type", "rule", "stage", "criterion", "item"}
)  # fmt: skip
_ALONE = frozenset(
    {"payable", "partner", "payee", "agreement", "proposal", "account", "iban", "account_name", "voter", "choice"}
)
"""Labels that say by themselves what they are: in a row they stand without their word."""

_SHORT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "agreement.completed": ("agreement", "determined_cents"),
        "agreement.amended": ("agreement", "change_cents"),
        "agreement.terminated": ("agreement", "ground"),
        "amendment.proposed": ("agreement", "change_cents", "new_lead"),
        "bank_account.registered": ("bank_account", "account"),
        "benefit.reported": ("partner", "year", "agreement"),
        "charge.claimed": ("agreement", "amount_cents", "ground"),
        "charge.waived": ("agreement", "amount_cents", "ground"),
        "contribution.called": ("partner", "total_cents", "due_on"),
        "contribution.received": ("partner", "receipt_cents"),
        "cost.approved": ("payee", "amount_cents", "invoice"),
        "decision.approved": ("proposal", "award_cents"),
        "decision.conditional": ("proposal", "award_cents"),
        "disbursement.cancelled": ("payee", "amount_cents"),
        "entry.posted": ("memo",),
        "entry.reversed": ("entry_seq",),
        "exit.closed_out": ("partner", "amount_cents"),
        "exit.paid": ("payee", "amount_cents"),
        "exit.set_off": ("partner", "amount_cents"),
        "exit.settlement_agreed": ("partner", "net_cents"),
        "exit.settlement_proposed": ("partner", "net_cents"),
        "milestone.replanned": ("milestone", "due_on"),
        "overpayment.moved": ("partner", "amount_cents"),
        "overpayment.refunded": ("payee", "amount_cents"),
        "payable.cancelled": ("payee", "amount_cents"),
        "payee.recorded": ("partner", "iban"),
        "payment.sent": ("batch", "total_cents"),
        "receipt.allocated": ("partner", "amount_cents"),
        "regulations.adopted": ("regulations", "from_on"),
        "resolution.proposed": ("matter", "subject"),
        "round.planned": ("title", "ceiling_cents"),
        "transfer.failed": ("transfer", "amount_cents"),
        "transfer.sent": ("to_account", "amount_cents"),
        "user.added": ("user", "roles"),
        "user.changed": ("user", "roles"),
        "user.revoked": ("user",),
        "writeoff.posted": ("agreement", "amount_cents"),
        "writeoff.reversed": ("agreement", "amount_cents"),
    }
)
"""What tells two confirmations of a kind apart, in the few words of a line of the inbox: nothing that is confidential,
for everybody may look into the inbox of all. Of others, the case they are about."""


def label_of(model: str, field: str) -> str:
    """The label of a field of a fact (by its wire name) or of a part of one; empty where it is left out."""
    if f"{model}.{field}" in LEFT_OUT or field in LEFT_OUT:
        return ""
    return _NAMED.get(f"{model}.{field}", field)


# --------------------------------------------------------------------------------------------------------- in lines


def lines(preview: Preview) -> Iterator[str]:
    """The facts as whoever decides reads them: what happens, then field by field; of several of a kind, first what they
    have in common and then one line for each.
    """
    for kind, facts in _of_kind(preview):
        together = [
            pair for pair in facts[0]["fields"] if len(facts) == 1 or all(pair in fact["fields"] for fact in facts)
        ]
        happens = _capital(event_word(kind))
        yield happens if len(facts) == 1 else _("{title}, {count} times").format(title=happens, count=len(facts))
        yield from _fields(together, "  ")
        if len(facts) > 1:
            for fact in facts:
                yield f"  - {_row([pair for pair in fact['fields'] if pair not in together])}"


def short(preview: Preview) -> str:
    """What it is about, in a few words: the payee and the end of the account, the user and the roles, the amount."""
    for kind, facts in _of_kind(preview):
        fields = facts[0]["fields"]
        wanted = _SHORT.get(kind) or tuple(pair["label"] for pair in fields[:1])
        told = {pair["label"]: pair for pair in fields if all(pair in fact["fields"] for fact in facts)}
        said = [_short(told[label]) for label in wanted if label in told]
        if any(said):
            return ", ".join(text for text in said if text)
    return ""


def title(preview: Preview) -> str:
    """What happens first: for within a sentence."""
    return next((event_word(kind) for kind, _facts in _of_kind(preview)), "")


def _of_kind(preview: Preview) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for fact in preview.get("facts", ()):
        if fact["type"] in SHOWN:
            kinds.setdefault(fact["type"], []).append(fact)
    yield from kinds.items()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fields(pairs: Sequence[Pair], margin: str) -> Iterator[str]:
    words = {pair["label"]: _word(pair["label"]) for pair in pairs}
    width = max(map(len, words.values()), default=0)
    for pair in pairs:
        word = words[pair["label"]]
        rows = pair.get("rows")
        if not rows:
            yield f"{margin}{word:<{width}}  {_text(pair)}"
        elif len(rows) == 1 and any(each.get("rows") for each in rows[0]):
            yield f"{margin}{word}"
            yield from _fields(rows[0], f"{margin}  ")
        elif len(rows) == 1:
            yield f"{margin}{word:<{width}}  {_row(rows[0])}"
        else:
            yield f"{margin}{word}"
            for row in rows:
                yield f"{margin}  - {_row(row)}"


def _row(pairs: Sequence[Pair]) -> str:
    """One line of a list: words only where a value does not say what it is."""
    amounts = [pair for pair in pairs if pair["label"].endswith("_cents")]
    days = [pair for pair in pairs if pair["label"].endswith("_on")]
    said = []
    for pair in pairs:
        label = pair["label"]
        alone = label in _ALONE or (pair in amounts and len(amounts) == 1) or (pair in days and len(days) == 1)
        text = "; ".join(_row(row) for row in pair["rows"]) if pair.get("rows") else _brief(pair)
        said.append(text if alone else f"{_word(label).lower()} {text}")
    return ", ".join(said)


def _word(label: str) -> str:
    """The word of a label; of one that an older version kept, its own."""
    return in_language(labels()[label]) if label in labels() else label.replace("_", " ")


def _text(pair: Pair) -> str:
    label, value = pair["label"], pair["value"]
    if pair.get("sealed"):
        return _("under seal until it happens")
    if pair.get("new"):
        return _("given when it happens")
    if isinstance(value, list):
        names = pair.get("name") or value
        return ", ".join(_value(label, each, name) for each, name in zip(value, names, strict=True))
    return _value(label, value, pair.get("name"), pair.get("iban"))


def _value(label: str, value: Any, name: str | None = None, iban: str | None = None) -> str:
    """One value as people read it in the language in use."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        if label.endswith("_cents"):
            return euros(value)
        if label.endswith("_bps"):
            return _("{number} per cent").format(number=_hundredths(value))
        return str(value)
    text = str(value)
    if iban:
        return f"{name}, {_iban(iban)}"
    if label in PEOPLE:
        return name or text
    if label == "subject" and text == "fund":
        return _("the fund")
    if name and name != text:
        return f"{name} ({text})" if label not in CASES else f"{text} {name}"
    if label.endswith("iban") or label == "bank_account":
        return _iban(text)
    if label in _ACCOUNTS:
        return f"{text} {account_word(text)}"
    if label == "roles":
        return role_word(text)
    if label in _CODED:
        return choice_word(text)
    if label in ("opens_at", "closes_at"):
        return _edge(datetime.fromisoformat(text), last=label == "closes_at")
    if label.endswith(("_on", "_by", "_until")) or label == "on":
        return day(text) if _is_day(text) else text
    if label in ("share", "weight"):
        return _weight(text)
    if label.endswith(("sha256", "_hash")):
        return " ".join((text[:4], text[4:8], text[8:12]))
    return text


def _brief(pair: Pair) -> str:
    """A field among others on one line: of a partner the name is enough."""
    single = pair["label"] in PARTNERS and isinstance(pair["value"], str)
    return str(pair.get("name") or pair["value"]) if single else _text(pair)


def _short(pair: Pair) -> str:
    """A field in a line of the inbox: of an account only its end."""
    if pair.get("new"):
        return ""
    if pair["label"] in ("iban", "bank_account"):
        return _("account ending in {end}").format(end=str(pair["value"])[-4:])
    return _brief(pair)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _edge(at: datetime, *, last: bool) -> str:
    """The first day, or the last day before an instant; the instant itself where it is no midnight in Amsterdam."""
    local = at.astimezone(ZoneInfo(AMSTERDAM))
    if local.timetz().replace(tzinfo=None) != time():
        return instant(at)
    return day(local.date() - timedelta(days=1) if last else local.date())


def _iban(number: str) -> str:
    """An account number in groups of four, as it stands on paper."""
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))


def _hundredths(value: int) -> str:
    whole, part = divmod(abs(value), 100)
    text = f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)
    return ("-" if value < 0 else "") + decimal_text(text)


def _weight(text: str) -> str:
    """A fraction as a percentage with two decimals, where it is one."""
    try:
        share = Fraction(text)
    except ValueError:
        return text
    return _("{number} per cent").format(number=_hundredths(round(share * 10_000)))
