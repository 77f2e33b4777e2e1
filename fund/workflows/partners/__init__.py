"""Partners and distribution keys: who takes part, and by which weights they pay.

Founders come in a file, before the first call; the founding key comes with the regulations. A later key lies before the
full board. How a partner leaves is told in ``exits``. Source: lifecycle.md 9 (K11, K12), bank.md.
"""
