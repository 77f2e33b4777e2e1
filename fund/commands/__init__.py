"""Commands and queries, carried out by name.

``execute`` carries a command out once and remembers its answer: the same command id gets it again, for ever. What asks
two people waits (``confirming``) until the second was shown what the first was. ``ask`` answers a query from one
snapshot. ``fund.registry`` finds what the ``commands.py`` of each room declares. Source: lifecycle.md 1, service.md 14.
"""
