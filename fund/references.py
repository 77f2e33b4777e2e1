"""The cases that can be named on the command line: by which list each is looked up."""

from __future__ import annotations

from fund.declarations import Reference

ROUND = Reference(listed=(("round list", "rounds", "ref"),))
AGREEMENT = Reference(listed=(("agreement list", "agreements", "ref"),))
PROPOSAL = Reference(listed=(("proposal list", "proposals", "ref"),))
MILESTONE = Reference(listed=(("milestone list", "milestones", "ref"),))
PLAN = Reference(listed=(("repayment list", "plans", "agreement"),))
EVALUATION = Reference(listed=(("evaluation list", "evaluations", "ref"),))
WRITEOFF = Reference(listed=(("writeoff list", "writeoffs", "ref"),))
CALL = Reference(listed=(("capital list", "calls", "ref"),))
DISBURSEMENT = Reference(listed=(("disbursement list", "disbursements", "ref"),))
KEY = Reference(listed=(("key show", "keys", "name"),))
RECEIPT = Reference(listed=(("bank unmatched", "receipts", "ref"),))
DEBIT = Reference(listed=(("bank unmatched", "debits", "ref"),))
RECEIVED = Reference(listed=(("bank list", "receipts", "ref"),))
DUE = Reference(listed=(("disbursement list", "disbursements", "ref"), ("payment list", "payables", "ref")))
BATCH = Reference(listed=(("payment list", "batches", "ref"),))
PAID = Reference(listed=(*DUE.listed, *BATCH.listed))
PAYABLE = Reference(listed=(("payment list", "payables", "ref"),))
TRANSFER = Reference(listed=(("cost list", "transfers", "ref"),))
ACCOUNT_OF_PAYEE = Reference(listed=(("payee list", "payees", "ref"),))
COST = Reference(listed=(("cost list", "approvals", "ref"),))
