"""Write-offs: proposed on a ground, decided by the committee, booked once, reversed as a mirror, recovered in part.

A learning write-off is *invested in learning* and never counts against anybody later. ``lifecycle`` holds the
states, ``proposing`` the guards (W1, W2), ``deciding`` the vote (W3), ``booking`` the ledger (W4-W6).
Source: lifecycle.md 7.
"""
