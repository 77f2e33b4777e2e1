"""Accounts that may be paid (C7): made by one person on request of another, checked by a third.

A partner's account is recorded by the fund manager on request of a signatory and verified by a treasurer, a supplier's
on a document that both have seen; only after some days of cooling off is money sent to it. A new account replaces the
one before. The fund's own accounts cool off as well before money is moved to them.
"""
