"""A revolving innovation fund: ledger, life stories, and what follows after a fact."""
