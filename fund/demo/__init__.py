"""The story of a fund on the 34 real partners, told by the same commands that people type.

Three fiscal years, January 2024 to October 2026, whatever today is: the clock of the story is held in the database.
The same seed is the same story, entry hashes included, on SQLite and on PostgreSQL, with and without a broker.
"""

from __future__ import annotations

from fund.demo.play import play

__all__ = ["play"]
