"""Exports: the fund in files that others read without this program."""
