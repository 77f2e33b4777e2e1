"""Evaluations: looking back on an experiment, judged by peers, accepted by the chair, its lessons shared with all.

``lifecycle`` holds states, transitions and projection; ``judging`` what people do; ``publishing`` what happens by
itself; ``followon`` the road from a good result to its roll-out; ``lessons`` answers queries.
Source: lifecycle.md 7 and 8.
"""
