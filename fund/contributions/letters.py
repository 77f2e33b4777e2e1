"""What a call letter says: what is asked, until when, where to pay it, and the partner's own computation, step by step.

A letter follows from the facts of its call: what was paid since does not stand in it, and it is the same each time,
until the fund banks elsewhere. It names no other partner. How it looks is the trade of the reports. Source: bank.md
(Distribution keys).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from fund.contributions.commands import CallInstalment, Computation, Letter, Letters
from fund.errors.capital import NothingToPayInto
from fund.rules.keys import Share, fraction_text, shares
from fund.schemas.base import as_row
from fund.schemas.capital import BankAccount, Call, DistributionKey, Partner, members_of
from fund.schemas.people import FundFile
from fund.unit_of_work import Snapshot

PAID_INTO = "1000"
"""Partners pay to the bank account from which the fund pays."""


def letters(snapshot: Snapshot, *, ref: str, all: bool = False) -> Letters:
    """The letter of a call, or those of every call that was made with it, in the order of their refs.

    Raises:
        UnknownRef: No such call.
        NothingToPayInto: The fund has registered no account to pay to.
    """
    named = snapshot.case(Call, ref)
    series = snapshot.cases(Call, parent=named.series)
    steps = {
        key.ref: {share.partner: share for share in explained(snapshot, key)}
        for key in snapshot.cases(DistributionKey, refs=sorted({named.key} - {""}))
    }
    key = snapshot.maybe(DistributionKey, named.key) if named.key else None
    return {
        "series": named.series,
        "letters": [
            _letter(snapshot, one, series, key, steps.get(one.key, {})) for one in (series if all else [named])
        ],
    }


def _letter(
    snapshot: Snapshot, call: Call, series: Sequence[Call], key: DistributionKey | None, steps: dict[str, Share]
) -> Letter:
    partner, fund = snapshot.case(Partner, call.partner), snapshot.cases(FundFile)[0]
    made = snapshot.history(call)[0]
    mine = sorted((one for one in series if one.partner == call.partner), key=lambda one: one.instalment)
    return as_row(
        Letter,
        call,
        partner_name=partner.name,
        fund_name=fund.name,
        iban=_account(snapshot).ref,
        amount_cents=call.called_cents,
        instalments=[as_row(CallInstalment, one, amount_cents=one.called_cents) for one in mine],
        of_instalments=call.instalments,
        computation=_computation(call, series, key, steps) if key is not None else None,
        fact={"seq": made.seq, "hash": made.hash.hex()},
    )


def _computation(call: Call, series: Sequence[Call], key: DistributionKey, steps: dict[str, Share]) -> Computation:
    exact = call.total_cents * Fraction(call.share)
    whole = exact.numerator // exact.denominator
    step = steps.get(call.partner)
    equal_of_all = sum((each.equal for each in steps.values()), Fraction(0))
    by_inhabitants_of_all = sum((each.by_inhabitants for each in steps.values()), Fraction(0))
    parts = {one.partner: one for one in series}.values()
    left = sum(one.part_cents - int(one.total_cents * Fraction(one.share)) for one in parts)
    return {
        "total_cents": call.total_cents,
        "key": key.ref,
        "family": key.family,
        "from_on": key.from_on.isoformat(),
        "reference_year": key.reference_year,
        "inhabitants": step.inhabitants if step else None,
        "inhabitants_of_all": sum(each.inhabitants or 0 for each in steps.values()) or None,
        "equal_over": sum(each.equal > 0 for each in steps.values()) or None,
        "equal_of_all": fraction_text(equal_of_all) if step else None,
        "by_inhabitants_of_all": fraction_text(by_inhabitants_of_all) if step else None,
        "equal": fraction_text(step.equal) if step else None,
        "fixed": fraction_text(step.fixed) if step else None,
        "by_inhabitants": fraction_text(step.by_inhabitants) if step else None,
        "key_share": key.weights.get(call.partner, call.share),
        "share": call.share,
        "exact": fraction_text(exact),
        "whole_cents": whole,
        "remainder_cents": call.part_cents - whole,
        "left_over_cents": left,
        "part_cents": call.part_cents,
    }


def _account(snapshot: Snapshot) -> BankAccount:
    registered = snapshot.cases(BankAccount, lookup=PAID_INTO)
    if not registered:
        raise NothingToPayInto(account=PAID_INTO)
    return max(registered, key=lambda each: (each.from_on, snapshot.version(each)))


# ------------------------------------------------------------------------------------------------- a key, explained


def explained(snapshot: Snapshot, key: DistributionKey) -> tuple[Share, ...]:
    """The steps behind the shares of a key, over the partners that it was made for; none where they cannot be found."""
    there = [member for member in members_of(snapshot.cases(Partner)) if member.partner in key.shares]
    if len(there) != len(key.shares):
        return ()
    found = shares(key.family, there, reference_year=key.reference_year, base_bps=key.base_bps, fixed_bps=key.fixed_bps)
    made = {share.partner: fraction_text(share.weight) for share in found if share.weight}
    return found if made == dict(key.shares) else ()
