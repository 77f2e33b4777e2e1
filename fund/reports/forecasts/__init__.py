"""Looking ahead: the fund's cash per quarter, and what comes back in years; with what is assumed, and a backtest.

Source: statements.md (forecasts).
"""
