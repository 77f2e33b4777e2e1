"""A fund of three municipalities with an advance, an open commitment and an unpaid call: where leaving begins.

Capital 12,000,000: Baarn half, Bunnik three tenths, Bunschoten a fifth, of which it paid 1,400,000. What went before
is told by its facts; leaving itself is done by commands.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.events.capital import ContributionCalled, ContributionReceived
from fund.events.receipts import BankAccountRegistered, ReceiptAllocated
from fund.events.repayments import AllowanceAdjusted, AllowanceLine
from fund.events.values import AllocatedPart
from fund.events.writeoffs import WriteoffPosted, WriteoffProposed
from fund.rules.regulations import Regulations, standard
from tests.factories import World
from tests.workflows.looking_back import AGREEMENT, NAMES, PROPOSAL, admitted, agreed, came_in, hand_to, paid
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN, OURS

CAPITAL = {BAARN: 6_000_000, BUNNIK: 3_600_000, BUNSCHOTEN: 2_400_000}
UNPAID = 1_000_000
SIGNATORIES = {BAARN: "fatima", BUNNIK: "piet", BUNSCHOTEN: "sara"}
IBANS = {BAARN: "NL44RABO0123456789", BUNNIK: "NL20INGB0001234567", BUNSCHOTEN: "NL69INGB0123456789"}
LEAVES_ON = date(2026, 7, 6)
DECISION = {"name": "raadsbesluit.pdf", "content": b"De raad besluit uit te treden."}


def rules(**changes: Any) -> Regulations:
    """The standard regulations with a buffer of 500,000 cents."""
    return standard().model_copy(update={"buffer_cents": 500_000, **changes})


def office(world: World) -> None:
    """The office in full, a chair, three partners and a signatory of each."""
    world.people()
    with world.uow("anna") as uow:
        admitted(uow)
    world.user("dora", "deputy_chair")
    for partner, name in SIGNATORIES.items():
        world.user(name, "partner_signatory", partner=partner)


def capital(world: World, called: dict[str, int] | None = None, *, unpaid: dict[str, int] | None = None) -> None:
    """K1, K2: everybody is called, and pays; some not all of it."""
    amounts, rest = called or CAPITAL, {BUNSCHOTEN: UNPAID} if unpaid is None else unpaid
    with world.uow("bram") as uow:
        uow.record(BankAccountRegistered(ref=OURS, account="1000", from_on=uow.today))
        for number, (partner, cents) in enumerate(amounts.items(), start=1):
            call, receipt, comes = f"B2026-000{number}", f"O2026-000{number}", cents - rest.get(partner, 0)
            total = sum(amounts.values())
            uow.record(
                ContributionCalled(ref=call, partner=partner, amount_cents=cents, due_on=uow.today, total_cents=total)
            )
            if comes:
                came_in(uow, receipt, comes)
                uow.record(contribution(call, partner, receipt, comes))


def contribution(call: str, partner: str, receipt: str, cents: int) -> ContributionReceived:
    return ContributionReceived(
        ref=call, partner=partner, receipt=receipt, receipt_cents=cents, amount_cents=cents, rule="reference"
    )


def lent(world: World) -> None:
    """P14 to D5: 4,000,000 awarded to Baarn, 70 % repayable; 2,500,001 paid, of which 1,750,001 comes back."""
    with world.uow("anna") as uow:
        agreed(uow)
        paid(uow, number=9)
    world.drain()


def set_aside(world: World, cents: int, *, outstanding: int = 1_750_001, before: int = 0) -> None:
    """R9: so much of the advance is expected to be lost."""
    line = AllowanceLine(
        agreement=AGREEMENT, proposal=PROPOSAL, outstanding_cents=outstanding, days_overdue=0, stage="not_due",
        rate_bps=2500, before_cents=before, after_cents=cents,
    )  # fmt: skip
    with world.uow("bram") as uow:
        uow.record(AllowanceAdjusted(ref="2026-Q1", regulations="2026-1", lines=(line,)))


def founded_fund(world: World) -> World:
    """All of it: worth 10,812,500, of which 449,999.7 is promised and will not come back; 6,500,000 lies free."""
    office(world)
    capital(world)
    lent(world)
    set_aside(world, 437_500)
    return world


def call_paid(
    world: World, cents: int, *, partner: str = BUNSCHOTEN, call: str = "B2026-0003", number: int = 7
) -> None:
    """K2: a partner pays (a part of) its call."""
    with world.uow("bram") as uow:
        came_in(uow, f"O2026-90{number:02d}", cents)
        uow.record(contribution(call, partner, f"O2026-90{number:02d}", cents))
    world.drain()


def repays(world: World, cents: int, *, released: int = 0, number: int = 8, agreement: str = AGREEMENT) -> str:
    """R2, R3: so much of the advance comes back; the receipt."""
    ref = f"O2026-80{number:02d}"
    with world.uow("bram") as uow:
        came_in(uow, ref, cents)
        uow.record(
            ReceiptAllocated(
                ref=ref, agreement=agreement, proposal=agreement.removeprefix("A"), partner=BAARN, rule="reference",
                amount_cents=cents, advance_cents=cents, allowance_released_cents=released,
                parts=(AllocatedPart(no=1, amount_cents=cents),),
            )
        )  # fmt: skip
    world.drain()
    return ref


def written_off(world: World, cents: int, *, released: int = 0) -> None:
    """W4: so much of the advance will not come back."""
    about: dict[str, Any] = {"ref": f"{AGREEMENT}-W1", "agreement": AGREEMENT, "proposal": PROPOSAL}
    with world.uow("anna") as uow:
        uow.record(
            WriteoffProposed(
                **about, ground="uncollectible", lead=BAARN, parties=(BAARN, BUNNIK), reason="kan niet",
                amount_cents=cents, outstanding_cents=cents,
            )
        )  # fmt: skip
        hand_to(uow, "bram")
        uow.record(
            WriteoffPosted(**about, ground="uncollectible", amount_cents=cents, allowance_released_cents=released)
        )
    world.drain()


def notice(world: World, partner: str = BUNNIK, **more: Any) -> None:
    """K4."""
    world.do("partner give-notice", user=SIGNATORIES[partner], ref=partner, decision=DECISION, **more)


def proposed(world: World, partner: str = BUNNIK, **more: Any) -> None:
    """K5."""
    world.both("partner propose-settlement", user="anna", second="bram", ref=partner, **more)


def agreed_on(world: World, partner: str = BUNNIK, **more: Any) -> None:
    """K6."""
    world.both("partner agree-settlement", user=SIGNATORIES[partner], second="carla", ref=partner, **more)


def settled(world: World, partner: str = BUNNIK) -> str:
    """K7, and what follows; the next step."""
    answer = world.do("partner settle", user="bram2", ref=partner)
    world.drain()
    return str(answer["next"])


def leaves(world: World, partner: str = BUNNIK, **more: Any) -> None:
    """K4 to K7, on the first day that the term allows."""
    notice(world, partner)
    with world.snapshot() as snapshot:
        day = max(LEAVES_ON, snapshot.today)
    world.clock(day)
    proposed(world, partner, **more)
    agreed_on(world, partner)
    settled(world, partner)


def payee(world: World, partner: str = BUNNIK) -> None:
    """C7: its account, which may be paid three days later."""
    args = {"iban": IBANS[partner], "name": f"Gemeente {NAMES[partner]}", "requested_by": SIGNATORIES[partner]}
    world.both("payee record", user="anna", second="bram", partner=partner, **args)


def paid_out(world: World, partner: str = BUNNIK, **more: Any) -> None:
    """K8: what is due is owed to its account."""
    world.both("partner pay-settlement", user="bram", second="anna", ref=partner, **more)
    world.drain()


def standing(world: World, *codes: str) -> tuple[int, ...]:
    """What stands on accounts, debit positive; nothing on one that never moved."""
    with world.snapshot() as snapshot:
        balances = snapshot.ledger.balances()
        mains = snapshot.balances()
    return tuple(balances[code] if "." in code and code in balances else mains.get(code, 0) for code in codes)


def exit_of(world: World, partner: str = BUNNIK) -> dict[str, Any]:
    """What `partner show` says of an exit."""
    found: dict[str, Any] = world.ask("partner show", ref=partner)["exit"]
    return found
