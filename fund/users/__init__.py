"""People of the fund: who acts, in which roles, for which partner; and the founding, which brings the first three.

Names are kept apart from the chain; facts hold the user's id (ledger.md 17).
"""
