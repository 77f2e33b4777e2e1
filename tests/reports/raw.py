"""A fund told from its rows alone: every figure of the position reckoned once more, entry by entry.

Nothing of ``fund.reports`` is used here. What a payment was for is read from the legs of the entry that made the debt;
what is outstanding, promised or accrued is counted the other way round: from balances less what is not paid yet.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from fund.events import Envelope, fact_from
from fund.registry import PROJECTIONS

DEBTS = ("disbursement.approved", "cost.approved", "overpayment.refunded", "exit.paid")


@dataclass
class Row:
    """An entry as it is stored."""

    seq: int
    on: date
    kind: str
    event_id: str
    reverses: int | None
    legs: list[tuple[str, int]] = field(default_factory=list)

    def on_main(self, main: str) -> int:
        return sum(cents for code, cents in self.legs if code.split(".")[0] == main)

    def of_holder(self, main: str) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for code, cents in self.legs:
            if code.split(".")[0] == main:
                sums[code.partition(".")[2]] += cents
        return sums


@dataclass
class Event:
    """A fact as it is stored."""

    seq: int
    event_id: str
    stream: str
    type: str
    on: date
    says: dict[str, Any]
    envelope: Envelope


class Stored:
    """All rows of a fund, read once."""

    def __init__(self, engine: sa.engine.Engine) -> None:
        with engine.connect() as connection:
            self.entries = {
                row.seq: Row(
                    row.seq,
                    _day(row.effective_on),
                    row.kind,
                    json.loads(row.metadata).get("event_id", ""),
                    row.reverses_seq,
                )
                for row in connection.execute(sa.text("select * from entry order by seq"))
            }
            for seq, code, cents in connection.execute(
                sa.text(
                    "select e.seq, a.code, p.amount_cents from posting p join entry e on e.id = p.entry_id"
                    " join account a on a.id = p.account_id order by e.seq, p.position"
                )
            ):
                self.entries[seq].legs.append((code, int(cents)))
            self.events = {
                row.event_id: _event(row) for row in connection.execute(sa.text("select * from event order by seq"))
            }
            self.links: dict[str, list[int]] = defaultdict(list)
            for stream, seq in connection.execute(sa.text("select stream, seq from event_link order by seq")):
                self.links[stream].append(seq)
        self.by_seq = {event.seq: event for event in self.events.values()}

    @property
    def days(self) -> list[date]:
        return sorted({row.on for row in self.entries.values()})

    def until(self, day: date, known_at: int | None) -> Told:
        return Told(self, day, known_at)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _event(row: Any) -> Event:
    from datetime import UTC, datetime

    then = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(0)
    says = json.loads(row.payload)
    on = date.fromisoformat(row.effective_on)
    recorded = datetime.fromtimestamp(row.recorded_us / 1_000_000, tz=UTC)
    return Event(
        row.seq,
        row.event_id,
        row.stream,
        row.type,
        on,
        says,
        Envelope(
            event_id=row.event_id, stream=row.stream, seq=row.seq, type=row.type, schema_version=1, occurred_at=then,
            recorded_at=recorded, effective_on=on, actor=row.actor, on_behalf_of=None, command_id=None, made_by=None,
            made_command_id=None, causation_id=row.causation_id, fact=fact_from(row.type, row.payload), prev_hash=b"",
            hash=b"",
        ),
    )  # fmt: skip


class Told:
    """The fund at the end of a day, as known at an entry, from its rows."""

    def __init__(self, stored: Stored, day: date, known_at: int | None) -> None:
        self.stored = stored
        self.day = day
        self.last = None
        if known_at is not None:
            maker = stored.entries.get(min(known_at, len(stored.entries)))
            self.last = stored.events[maker.event_id].seq if maker else 0
        self.rows = [
            row for row in stored.entries.values() if row.on <= day and (known_at is None or row.seq <= known_at)
        ]
        self.balances: Counter[str] = Counter()
        self.mains: Counter[str] = Counter()
        for row in self.rows:
            if row.kind != "closing":
                for code, cents in row.legs:
                    self.balances[code] += cents
                    self.mains[code.split(".")[0]] += cents
        self.debts = {
            stored.events[row.event_id].says["ref"]: row for row in stored.entries.values() if row.kind in DEBTS
        }
        self.facts = [
            event
            for event in stored.events.values()
            if event.on <= day and (self.last is None or event.seq <= self.last)
        ]

    # ------------------------------------------------------------------------------------------------- entry by entry

    def counted(self) -> Iterator[tuple[Row, Row, int]]:
        """Each entry with the one that says what it is for, and 1, or -1 for what is taken back; closings left out."""
        for row in self.rows:
            of = self.stored.entries[row.reverses] if row.reverses else row
            if "closing" not in (row.kind, of.kind):
                yield row, of, -1 if row.reverses else 1

    def paid(self, since: date | None = None) -> Iterator[tuple[Row, int, str, Row]]:
        """Each payment that left (1) or came back (-1): its entry, its document, and the entry that made it a debt."""
        for row, of, sign in self.counted():
            if of.kind in ("payment.settled", "payment.returned") and (since is None or row.on >= since):
                ref = self.stored.events[of.event_id].says["line"]["ref"]
                if ref in self.debts:
                    yield row, sign if of.kind == "payment.settled" else -sign, ref, self.debts[ref]

    def moved(self, main: str, *kinds: str, since: date | None = None) -> int:
        """What entries of these kinds moved on an account, what was taken back taken off."""
        return sum(
            sign * of.on_main(main)
            for row, of, sign in self.counted()
            if of.kind in kinds and (since is None or row.on >= since)
        )

    def settlements(self, since: date | None = None) -> int:
        return sum(
            times * -debt.on_main("2000") for _row, times, _ref, debt in self.paid(since) if debt.kind == "exit.paid"
        )

    def unpaid(self) -> dict[str, Row]:
        """Disbursements that stand approved and did not reach their payee, by the entry that approved them."""
        standing: Counter[str] = Counter()
        for _row, of, sign in self.counted():
            if of.kind == "disbursement.approved":
                standing[self.stored.events[of.event_id].says["ref"]] += sign
            elif of.kind == "disbursement.cancelled" and of.on_main("2000"):
                standing[self.stored.events[of.event_id].says["ref"]] -= sign
        for _row, times, ref, debt in self.paid():
            if debt.kind == "disbursement.approved":
                standing[ref] -= times
        assert set(standing.values()) <= {0, 1}
        return {ref: self.debts[ref] for ref, count in standing.items() if count}

    # ---------------------------------------------------------------------------------------------------------- symbols

    def symbols(self) -> dict[str, Any]:
        """Every base quantity."""
        bal, moved = self.mains, self.moved
        cut = {"u": 0, "s": 0}
        for _row, times, _ref, debt in self.paid():
            if debt.kind == "disbursement.approved":
                cut["u"] += times * debt.on_main("1200")
                cut["s"] += times * debt.on_main("4000")
        back = {main: -moved(main, "disbursement.refunded") for main in ("1200", "4000", "4300")}
        repaid = -moved("1200", "receipt.allocated", "receipt.reallocated", "receipt.unmatched") + moved(
            "2200", "exit.set_off"
        )
        i = (
            -moved("1100", "contribution.received", "overpayment.moved")
            - self.settlements()
            - moved("2200", "exit.set_off")
        )
        year = date(self.day.year, 1, 1)
        waiting = self.unpaid()
        return {
            "I": i,
            "Iopl": i + bal["1100"],
            "U": cut["u"] - back["1200"],
            "S": cut["s"] - back["4000"],
            "V": back["4000"],
            "A": repaid - moved("4300", "writeoff.recovered") + back["4300"],
            "R": -bal["4400"],
            "W": bal["4200"] + bal["4210"] + bal["4300"],
            "P": -bal["1290"],
            "K": self.costs(),
            "K_p": self.costs() - Told(self.stored, year - timedelta(days=1), self._known()).costs(),
            "O": bal["1200"] - sum(debt.on_main("1200") for debt in waiting.values()),
            "L": bal["1000"] + bal["1005"],
            "Q": bal["9000"] + sum(-debt.on_main("2000") for debt in waiting.values()),
            "E": self.equity(),
            "E_start": Told(self.stored, year - timedelta(days=1), self._known()).equity(),
            "imposed_p": moved("1100", "contribution.called", since=year),
            "received_p": -moved("1100", "contribution.received", "overpayment.moved", since=year),
        }

    def _known(self) -> int | None:
        return None if self.last is None else max((row.seq for row in self.rows), default=0) if self.rows else 0

    def costs(self) -> int:
        """What the fund spent on itself, less what of it is owed and not paid."""
        owed = -self.moved("2000", "cost.approved") - sum(
            times * -debt.on_main("2000") for _row, times, _ref, debt in self.paid() if debt.kind == "cost.approved"
        )
        return self.mains["4500"] - owed + self.moved("2000", "entry.posted", "adjusting")

    def equity(self) -> int:
        """Capital, its receivables taken off, and all income less all costs."""
        result = -sum(cents for code, cents in self.mains.items() if code.startswith("4"))
        later = self.mains["3100"]  # leavers left it, or took it
        return -self.mains["3000"] - later - self.mains["1100"] + result

    # ------------------------------------------------------------------------------------------------------- facts

    def of(self, *types: str) -> list[Event]:
        return [event for event in self.facts if event.type in types]

    def ended(self) -> dict[str, Event]:
        found: dict[str, Event] = {}
        for event in self.of("agreement.completed", "agreement.refinanced", "agreement.terminated"):
            found.setdefault(event.says["ref"], event)
        return found

    def closed(self) -> dict[str, int]:
        """A, U and R of agreements that ended and owe nothing."""
        lent, repaid, charged = Counter[str](), Counter[str](), Counter[str]()
        for _row, times, _ref, debt in self.paid():
            if debt.kind == "disbursement.approved":
                for ref, cents in debt.of_holder("1200").items():
                    lent[ref] += times * cents
        for _row, of, sign in self.counted():
            if of.kind in ("disbursement.refunded", "agreement.refinanced"):
                for ref, cents in of.of_holder("1200").items():
                    lent[ref] += sign * cents
            if of.kind in ("receipt.allocated", "receipt.reallocated", "receipt.unmatched", "exit.set_off"):
                for ref, cents in of.of_holder("1200").items():
                    repaid[ref] -= sign * cents
            if of.kind in ("writeoff.recovered", "disbursement.refunded"):
                for ref, cents in of.of_holder("4300").items():
                    repaid[ref] -= sign * cents
            if of.kind == "receipt.allocated":
                charged[self.stored.events[of.event_id].says["agreement"]] -= sign * of.on_main("4400")
        refs = [ref for ref in self.ended() if lent[ref] and not self.balances[f"1200.{ref}"]]
        return {
            "A": sum(repaid[ref] for ref in refs),
            "U": sum(lent[ref] for ref in refs),
            "R": sum(charged[ref] for ref in refs),
        }

    def folded(self, kind: str, ref: str) -> Any:
        """A case as the facts until the day left it."""
        case = None
        for seq in self.stored.links[f"{kind}/{ref}"]:
            event = self.stored.by_seq[seq]
            if event.on <= self.day and (self.last is None or seq <= self.last):
                case = PROJECTIONS[kind].apply(case, event.envelope)
        return case

    def instalments(self) -> list[tuple[str, date | None, int]]:
        """What is outstanding, the oldest instalments first: agreement, day, cents."""
        found: list[tuple[str, date | None, int]] = []
        for code, left in sorted(self.balances.items()):
            if not code.startswith("1200.") or not left:
                continue
            ref = code.partition(".")[2]
            plan = self.folded("plan", ref)
            for part in sorted(plan.instalments if plan else (), key=lambda part: (part.due_on, part.no)):
                here = min(max(part.open_cents, 0), left)
                left -= here
                if here:
                    found.append((ref, part.due_on, here))
            if left:
                found.append((ref, None, left))
        return found

    def rules(self) -> dict[str, Any]:
        """The regulations in force on the day, of those that were known."""
        known = [
            event
            for event in self.stored.events.values()
            if event.type == "regulations.adopted" and (self.last is None or event.seq <= self.last)
        ]
        first = min(
            (event for event in self.stored.events.values() if event.type == "regulations.adopted"),
            key=lambda event: (event.says["from_on"], event.seq),
        )
        held = [event for event in known if event.says["from_on"] <= self.day.isoformat()] or [first]
        found: dict[str, Any] = json.loads(max(held, key=lambda event: (event.says["from_on"], event.seq)).says["text"])
        return found

    # ------------------------------------------------------------------------------------------------------- figures

    def figures(self) -> dict[str, Any]:
        """Every indicator by its name: an exact fraction, whole cents, a count, or ``None``."""
        s = self.symbols()
        rules, closed, parts = self.rules(), self.closed(), self.instalments()
        late = [(ref, cents) for ref, due_on, cents in parts if due_on and (self.day - due_on).days > 90]
        late_refs = {ref for ref, _cents in late}
        overdue, at_risk = sum(cents for _ref, cents in late), sum(c for ref, _d, c in parts if ref in late_refs)
        came_back = s["A"] + s["R"] + s["V"]
        again = min(came_back, max(0, s["U"] + s["S"] + s["V"] + s["K"] - s["I"]))
        c = s["U"] + s["S"] + s["Q"]
        accepted = [event.says for event in self.of("evaluation.accepted")]
        by = Counter(says["hypothesis"] for says in accepted)
        ended = self.ended()
        own, others, cost, follows = self.projects()
        active = {event.says["proposal"] for event in self.of("agreement.activated")}
        rolled = {parent for ref, parent in follows.items() if parent in ended and ref in active}
        told, paid = self.achieved(ended)
        days = sum(max((due_on - self.day).days, 0) * cents for _ref, due_on, cents in parts if due_on)
        free = (
            sum(self.mains[code] for code in ("1000", "1005", "1010", "2000", "2100", "2200", "2300"))
            - self.mains["9000"]
        )
        roll = s["I"] + s["R"] - s["S"] - s["K"] - s["W"] - s["P"]
        claims = self.claims(ended)
        return {
            "fund_equity": s["E"],
            "equity_roll": roll,
            "equity_accruals": self.accruals(),
            "cash_identity": 0,
            "contributions_receivable": self.mains["1100"],
            "collection": _over(s["received_p"], s["imposed_p"]),
            "nominal_preservation": _over(s["E"], s["I"]),
            "real_preservation": None,
            "realised_revolving_degree": _over(closed["A"], closed["U"]),
            "realised_revolving_degree_with_return": _over(closed["A"] + closed["R"], closed["U"]),
            "portfolio_revolving_degree": _over(s["A"] + s["O"] - s["P"], s["U"]),
            "fund_revolving_degree": _over(came_back - s["K"], s["U"] + s["S"] + s["V"]),
            "revolving_target": Fraction(rules["revolving_target_bps"], 10_000),
            "turnover": _over(s["U"] + s["S"], s["I"]),
            "returned_money": came_back,
            "reused_money": again,
            "reuse_rate": _over(again, came_back),
            "utilisation": _over(c, s["I"] + s["A"] + s["R"] - s["K"]),
            "utilisation_of_stock": _over(s["O"] + s["Q"], s["E"]),
            "disbursement_rate": _over(s["U"] + s["S"], c),
            "free_to_commit": free - rules["buffer_cents"],
            "leverage_ex_ante": _over(own + others, own),
            "multiplier": _over(cost, own),
            "leverage_achieved": _over(told, paid),
            "overpaid": claims,
            "arrears": _over(overdue, s["O"]),
            "portfolio_at_risk": _over(at_risk, s["O"]),
            "arrears_cover": _over(s["P"], overdue),
            "loss_ratio": _over(s["W"], s["U"]),
            "expected_loss_ratio": _over(s["W"] + s["P"], s["U"]),
            "cost_ratio": _over(s["K"], s["U"] + s["S"]),
            "cost_ratio_of_equity": _over(s["K_p"], Fraction(s["E_start"] + s["E"], 2)),
            "weighted_remaining_term": _over(days, sum(cents for _ref, _due, cents in parts)),
            "experiments_finished": len(ended),
            "experiments_confirmed": _over(by["confirmed"], len(accepted)),
            "experiments_refuted": _over(by["refuted"], len(accepted)),
            "experiments_inconclusive": _over(by["inconclusive"], len(accepted)),
            "refuted_well_learned": sum(says["good_result"] for says in accepted if says["hypothesis"] == "refuted"),
            "experiments_rolled_out": _over(len(rolled), len(ended)),
        }

    def accruals(self) -> int:
        """Grants approved and not paid, costs owed, and what leavers are owed: what lowers equity before it is paid."""
        grants = sum(debt.on_main("4000") for debt in self.unpaid().values())
        leavers = -self.mains["2200"] - self.mains["2210"]
        leavers += -self.moved("2000", "exit.paid") - self.settlements()
        return grants + self.mains["4500"] - self.costs() + leavers

    def projects(self) -> tuple[int, int, int, dict[str, str]]:
        """Of awards: the award, what others put in, what the project costs; and which agreement each follows."""
        own = others = cost = 0
        follows = {}
        for code in {code for code in self.balances if code.startswith("9000.")}:
            ref = code.partition(".")[2]
            case = self.folded("proposal", ref)
            if case is None:
                continue
            if case.follows:
                follows[ref] = case.follows
            if case.award_cents:
                more = case.form.own_share_cents + sum(each.amount_cents for each in case.form.cofinancing)
                own, others, cost = own + case.award_cents, others + more, cost + case.form.ask_cents + more
        return own, others, cost, follows

    def achieved(self, ended: dict[str, Event]) -> tuple[int, int]:
        """What ended agreements cost, as told, and what was paid under those."""
        said: dict[tuple[Any, ...], int] = {}
        for event in self.of("benefit.reported"):
            if event.says["realised"] and event.says["ref"] in ended:
                key = (event.says["ref"], event.says["partner"], event.says["year"])
                said[key] = event.says["realised_cost_cents"]
        refs = {key[0] for key, cents in said.items() if cents}
        paid = 0
        for _row, times, _ref, debt in self.paid():
            if debt.kind == "disbursement.approved":
                agreement = self.stored.events[debt.event_id].says["agreement"]
                paid += times * -debt.on_main("2000") if agreement in refs else 0
        for _row, of, sign in self.counted():
            if of.kind == "disbursement.refunded":
                for main in ("1200", "4000"):
                    paid += sign * sum(cents for ref, cents in of.of_holder(main).items() if ref in refs)
        return sum(said.values()), paid

    def claims(self, ended: dict[str, Event]) -> int:
        """What is claimed back after a breach or a lower award and did not come in."""
        open_cents = 0
        for ref, event in ended.items():
            back = [
                each.says
                for each in self.of("disbursement.refunded")
                if each.says["agreement"] == ref and each.seq > event.seq
            ]
            if event.says.get("reclaimed_cents"):
                came = sum(says["amount_cents"] - says["surplus_cents"] for says in back)
                open_cents += max(event.says["reclaimed_cents"] - came, 0)
            elif event.says.get("ground") == "breach":
                for _row, times, _of, debt in self.paid():
                    open_cents += times * debt.of_holder("4000").get(ref, 0)
                for _row, of, sign in self.counted():
                    if of.kind == "disbursement.refunded":
                        open_cents += sign * of.of_holder("4000").get(ref, 0)
        return open_cents


def _over(above: int | Fraction, below: int | Fraction) -> Fraction | None:
    return Fraction(above) / Fraction(below) if below else None
