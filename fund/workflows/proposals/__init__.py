"""Proposals, from the first draft until an agreement takes over. One life story: its table, and what each row asks.

The table holds the rows of reviews and decisions too; their use cases are chapters of their own.
"""
