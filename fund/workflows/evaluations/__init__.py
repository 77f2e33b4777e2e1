"""Evaluations: looking back on an experiment, judged by peers, accepted by the chair, its lessons shared with all.

``states`` holds table and fold, ``judging`` what people do, ``course`` what happens by itself, ``followon`` the road
from a good result to its roll-out, ``lessons`` what is looked up. Source: lifecycle.md 7 and 8.
"""
