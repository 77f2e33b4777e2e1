"""Leaving the fund: the exit quote of any day, notice, settlement, what is paid now and later, winding-up.

The states are the partner's own (``partners``); the arithmetic is kept in the case of its exit and is pure
(``fund.rules.exits``). Source: lifecycle.md 9 (K3-K10).
"""
