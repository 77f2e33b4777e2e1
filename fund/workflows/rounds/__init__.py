"""Rounds: planned by two people, then they open, close and are decided by themselves.

Whether a round takes proposals is judged by its instants, not by its state: a clock that nobody looked at for a while
opens and closes a round all the same. Source: lifecycle.md 4 (4:25-4:28).
"""
