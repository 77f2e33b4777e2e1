"""What stands on the bank: accounts, statements, receipts, and what waits for an explanation."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.reports.history import cases_on
from fund.rules.permissions import account_for, sees_accounts
from fund.schemas.capital import BankAccount, BankNotificationFile, BankStatementFile, Debit, Receipt
from fund.unit_of_work import Snapshot
from fund.workflows.receipts.evidence import Known, evidence_for
from fund.workflows.receipts.gaps import gaps
from fund.workflows.receipts.lifecycle import WAITING
from fund.workflows.receipts.reasons import reason_of


def unexplained_debits(snapshot: Snapshot) -> list[Debit]:
    """Money that left the bank and that nobody has explained: until then no payment file leaves (C2)."""
    return snapshot.cases(Debit, states=["recorded"])


def bank(snapshot: Snapshot, *, as_of: date | None = None) -> dict[str, Any]:
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
    return {
        "as_of": day.isoformat(),
        "accounts": [
            {**row, "ledger_cents": each["ledger_cents"] if each["accounts"] == 1 else None}
            for row in accounts
            for each in ledger
            if each["account"] == row["account"]
        ],
        "ledger_accounts": ledger,
        "statements": [
            {
                **statement.row("iban", "statement_id", "sequence_number", "opened_on", "closed_on"),
                **statement.row("opening_cents", "closing_cents", "lines", "file"),
            }
            for statement in statements
        ],
        "notifications": [
            case.row(
                "iban", "notification_id", "sequence_number", "first_on", "last_on", "lines", "lines_known", "file"
            )
            for case in notifications
        ],
        "receipts": [_receipt(snapshot, receipt) for receipt in cases_on(snapshot, Receipt, day)],
        "gaps": gaps(snapshot),
    }


def _account(account: BankAccount, statements: list[BankStatementFile]) -> dict[str, Any]:
    own = [statement for statement in statements if statement.iban == account.ref]
    return {
        "iban": account.ref,
        "account": account.account,
        "from_on": account.from_on.isoformat(),
        "statements": len(own),
        "closed_on": own[-1].closed_on.isoformat() if own else None,
        "closing_cents": own[-1].closing_cents if own else None,
    }


def _compared(snapshot: Snapshot, code: str, rows: list[dict[str, Any]], as_of: date | None) -> dict[str, Any]:
    """What the banks of all accounts on one code say together, where they said something, and what the ledger says."""
    own = [row for row in rows if row["account"] == code]
    said = [row["closing_cents"] for row in own if row["closing_cents"] is not None]
    return {
        "account": code,
        "accounts": len(own),
        "closing_cents": sum(said) if said else None,
        "ledger_cents": snapshot.ledger.balance(code, as_of=as_of),
    }


def _receipt(snapshot: Snapshot, receipt: Receipt) -> dict[str, Any]:
    return {
        **receipt.row("ref", "line_id", "account", "booked_on", "valued_on"),
        **receipt.row("amount_cents", "allocated_cents", "waiting_cents", "state"),
        "payer_iban": account_for(snapshot.actor, receipt.payer_iban),
        "reference": receipt.reference,
        "text": receipt.text if sees_accounts(snapshot.actor) else "",
        "uses": [{"target": use.target, "receipt_cents": use.receipt_cents, "rule": use.rule} for use in receipt.uses],
    }


def unmatched(snapshot: Snapshot) -> dict[str, Any]:
    """What waits: receipts with their candidates, debits that nobody explained, statements that are missing."""
    waiting = snapshot.cases(Receipt, states=list(WAITING))
    known = Known(snapshot)
    return {
        "as_of": snapshot.today.isoformat(),
        "receipts": [
            {
                **_receipt(snapshot, receipt),
                "days": (snapshot.today - receipt.booked_on).days,
                "reason": reason_of(receipt.code, return_reason=receipt.return_reason, reversal=receipt.reversal),
                "return_reason": receipt.return_reason,
                "candidates": [
                    {name: getattr(evidence, name) for name in ("target", "rule", "open_cents", "exact", "instalment")}
                    for evidence in evidence_for(snapshot, receipt, known=known)
                ],
            }
            for receipt in waiting
        ],
        "debits": [
            {
                **debit.row("ref", "line_id", "debited_on"),
                "days": (snapshot.today - debit.debited_on).days,
                "amount_cents": debit.amount_cents,
                "reason": reason_of(debit.code, reversal=debit.reversal),
                "text": debit.text,
            }
            for debit in unexplained_debits(snapshot)
        ],
        "gaps": gaps(snapshot),
        "waiting_cents": sum(receipt.waiting_cents for receipt in waiting),
    }
