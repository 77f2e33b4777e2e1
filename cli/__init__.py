"""The command line: parsing, asking and showing. What the fund does stands in ``fund``."""
