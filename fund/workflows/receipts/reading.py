"""What stands on the bank: accounts, statements, receipts, and what waits for an explanation."""

from __future__ import annotations

from datetime import date

from fund.reports.history import cases_on
from fund.rules.permissions import account_for, sees_accounts
from fund.schemas.base import as_row
from fund.schemas.capital import BankAccount, BankNotificationFile, BankStatementFile, Debit, Receipt
from fund.unit_of_work import Snapshot
from fund.workflows.receipts.commands import (
    AccountRow,
    Bank,
    Candidate,
    LedgerAccountRow,
    NotificationRow,
    ReceiptRow,
    StatementRow,
    Unmatched,
    UseRow,
    WaitingDebit,
    WaitingReceipt,
)
from fund.workflows.receipts.evidence import Known, evidence_for
from fund.workflows.receipts.gaps import gaps
from fund.workflows.receipts.lifecycle import WAITING
from fund.workflows.receipts.reasons import reason_of


def unexplained_debits(snapshot: Snapshot) -> list[Debit]:
    """Money that left the bank and that nobody has explained: until then no payment file leaves (C2)."""
    return snapshot.cases(Debit, states=["recorded"])


def bank(snapshot: Snapshot, *, as_of: date | None = None) -> Bank:
    """Accounts with the bank's balance beside the ledger's, statements, notifications, receipts, as they were on a day.

    The ledger keeps one balance for all accounts of the fund on one code: it stands beside the sum of the banks, and
    beside an account that is the only one there.
    """
    day = as_of or snapshot.today
    statements = [statement for statement in snapshot.cases(BankStatementFile) if statement.closed_on <= day]
    statements.sort(key=lambda one: (one.iban, one.closed_on, one.sequence_number or 0))
    notifications = [case for case in snapshot.cases(BankNotificationFile) if case.first_on <= day]
    notifications.sort(key=lambda one: (one.iban, one.last_on, one.notification_id))
    accounts = [_account(account, statements) for account in cases_on(snapshot, BankAccount, day)]
    ledger = [_compared(snapshot, code, accounts, as_of) for code in sorted({row["account"] for row in accounts})]
    alone = {each["account"]: each["ledger_cents"] for each in ledger if each["accounts"] == 1}
    return {
        "as_of": day.isoformat(),
        "accounts": [{**row, "ledger_cents": alone.get(row["account"])} for row in accounts],
        "ledger_accounts": ledger,
        "statements": [as_row(StatementRow, statement) for statement in statements],
        "notifications": [as_row(NotificationRow, case) for case in notifications],
        "receipts": [as_row(ReceiptRow, one, **_shown(snapshot, one)) for one in cases_on(snapshot, Receipt, day)],
        "gaps": gaps(snapshot),
    }


def _account(account: BankAccount, statements: list[BankStatementFile]) -> AccountRow:
    own = [statement for statement in statements if statement.iban == account.ref]
    return as_row(
        AccountRow,
        account,
        iban=account.ref,
        statements=len(own),
        closed_on=own[-1].closed_on if own else None,
        closing_cents=own[-1].closing_cents if own else None,
        ledger_cents=None,
    )


def _compared(snapshot: Snapshot, code: str, rows: list[AccountRow], as_of: date | None) -> LedgerAccountRow:
    """What the banks of all accounts on one code say together, where they said something, and what the ledger says."""
    own = [row for row in rows if row["account"] == code]
    said = [row["closing_cents"] for row in own if row["closing_cents"] is not None]
    return {
        "account": code,
        "accounts": len(own),
        "closing_cents": sum(said) if said else None,
        "ledger_cents": snapshot.ledger.balance(code, as_of=as_of),
    }


def _shown(snapshot: Snapshot, receipt: Receipt) -> dict[str, object]:
    """What of a receipt is not read off the case as it is: people without the right see no accounts and no texts."""
    return {
        "payer_iban": account_for(snapshot.actor, receipt.payer_iban),
        "text": receipt.text if sees_accounts(snapshot.actor) else "",
        "uses": [as_row(UseRow, use) for use in receipt.uses],
    }


def unmatched(snapshot: Snapshot) -> Unmatched:
    """What waits: receipts with their candidates, debits that nobody explained, statements that are missing."""
    waiting = snapshot.cases(Receipt, states=list(WAITING))
    known = Known(snapshot)
    return {
        "as_of": snapshot.today.isoformat(),
        "receipts": [
            as_row(
                WaitingReceipt,
                receipt,
                **_shown(snapshot, receipt),
                days=(snapshot.today - receipt.booked_on).days,
                reason=reason_of(receipt.code, return_reason=receipt.return_reason, reversal=receipt.reversal),
                candidates=[as_row(Candidate, each) for each in evidence_for(snapshot, receipt, known=known)],
            )
            for receipt in waiting
        ],
        "debits": [
            as_row(
                WaitingDebit,
                debit,
                days=(snapshot.today - debit.debited_on).days,
                reason=reason_of(debit.code, reversal=debit.reversal),
            )
            for debit in unexplained_debits(snapshot)
        ],
        "gaps": gaps(snapshot),
        "waiting_cents": sum(receipt.waiting_cents for receipt in waiting),
    }
