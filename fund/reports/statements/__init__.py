"""Statements: trial balance, the fund's position on one page, one agreement or partner, and the quarters of its cash.

``formats`` says how a statement can leave, ``pages`` how it is drawn.
"""
