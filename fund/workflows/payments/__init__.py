"""What stands approved goes to the bank, and what the bank did with it comes back.

One batch is one payment file for one day. Two people who approved none of its lines let it go; the service settles
each line when a bank statement shows it, a treasurer does where the statement cannot. Source: lifecycle.md 5, D4-D6,
D10; bank.md, Paying.
"""
