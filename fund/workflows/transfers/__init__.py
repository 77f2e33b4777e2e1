"""Money between the fund's own accounts, bank to treasury or back (C4)."""
