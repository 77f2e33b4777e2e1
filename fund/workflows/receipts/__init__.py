"""Money in: bank statements are imported, receipts recorded, and set against calls and repayments.

``importing`` takes files in and asks ``hooks`` what other trades know of a line, and ``identity`` which lines are known
from another document; ``evidence`` says what a receipt may be for, ``matching`` makes it so, ``reversals`` follow what
the bank takes back; ``lifecycle`` says how a receipt stands, ``reading`` what waits, ``gaps`` what is missing.
"""
