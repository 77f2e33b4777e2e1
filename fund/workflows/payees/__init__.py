"""Accounts that may be paid (C7)."""
