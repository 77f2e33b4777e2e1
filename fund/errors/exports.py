"""Refusals of exports: periods, the identity of the fund, what a check of the written file found."""

from __future__ import annotations

from fund.errors import FaultyInput, FundError
from fund.language import N_


class ExportTurnedAround(FaultyInput):
    message = N_("from {since_on} to {until_on}: the last day lies before the first")
    hint = N_("turn the two days around")


class ExportOfTwoYears(FaultyInput):
    """An audit file is of one fiscal year, and the fiscal year of the fund is the calendar year."""

    message = N_("an audit file is of one year; from {since_on} to {until_on} is {years}")
    hint = N_("fund export xaf --from {since_on} --to {year}-12-31 --output {year}.xaf")


class TaxNumberUnknown(FaultyInput):
    message = N_(
        "an audit file names the RSIN or VAT number of the fund; it stands under [identity] neither in the regulations "
        "of {until_on} nor in later ones"
    )
    hint = N_("fund export xaf --from {since_on} --to {until_on} --output {path} --tax-number 001234567")


class FaultyTaxNumber(FaultyInput):
    message = N_('"{given}" is no RSIN (nine digits) and no VAT number (NL001234567B01)')
    hint = N_("write it without spaces and points")


class AuditFileFaulty(FundError):
    """The file that was written was read again, and is not right; nothing is left of it."""

    message = N_("{path}: line {line}: {reason}; nothing was written")
    hint = N_("keep this message for whoever keeps the program, then: fund verify")
    exit_code = 3


class FaultyPublisherPrefix(FaultyInput):
    message = N_('"{given}" is no prefix of 360Giving: 360G-, then letters and digits')
    hint = N_("fund export 360giving --prefix 360G-myfund --output grants.json")


class NothingToPublish(FaultyInput):
    message = N_("there is no grant until {as_of}, and a 360Giving file holds at least one; nothing was written")
    hint = N_("fund proposal list")
