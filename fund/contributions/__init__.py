"""Capital: called from partners by the distribution key (K1), asked again, and received (K2).

One entry per partner, call and instalment. What came in on the bank, and for whom, is the trade of the receipts; here
it meets the call. Source: lifecycle.md 9.
"""
