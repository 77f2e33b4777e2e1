"""Periods: lock and close months, close the year, reopen the latest; and entries made by hand.

A locked month takes adjusting and closing entries only, a closed one none. What a closing froze stays readable when its
period is reopened, corrected and closed again. Source: lifecycle.md 9 (C5, C6, C8), ledger.md 12.
"""
