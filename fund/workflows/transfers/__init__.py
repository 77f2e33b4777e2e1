"""Money between the fund's own accounts, bank to treasury or back (C4): decided by two people, or swept by the bank.

What two people decide stands on 1010 until the other account shows it; a sweep that the bank makes by itself is known
by the fund's own account on the other side of the line. The two statements may come in either order: each side is
booked once, and a line that shows what was said before is explained by it. Nothing of it is a receipt or a debit.
"""
