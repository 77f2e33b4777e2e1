"""The files of a case: which there are, and their bytes, for whoever may read the case.

A fact says which files go with it (``Fact.keeps``); the bytes are kept by their hash (``fund.files``). One table for
every noun whose cases have files: ``fund NOUN file list REF`` and ``fund NOUN file get REF FILE``.
"""
