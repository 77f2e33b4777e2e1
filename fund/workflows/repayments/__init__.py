"""How the repayable share comes back: plans, what was paid, what is late, the allowance (lifecycle.md 6).

A plan starts with its agreement. Receipts are allocated by ``receipts``; here their parts are folded into the plan.
Days late are calculated for any day and never stored; each step of arrears is taken once per instalment.
"""
