"""Refusals of the service itself: broker, workers, deliveries."""

from __future__ import annotations

from fund.errors import FaultyInput, NotReady, WrongUsage
from fund.language import N_


class BrokerUnreachable(NotReady):
    """The broker does not answer; nothing is lost, workers do what is open without it."""

    message = N_("the broker {place} does not answer: {reason}")
    hint = N_("fund status")


class UnknownBroker(WrongUsage):
    message = N_("{place} names no broker that the fund knows")
    hint = N_("use --broker redis://host:port/0")


class UnknownDelivery(FaultyInput, codes={"ref": "typed", "reaction": "typed"}):
    message = N_("{ref} has no dead letter {reaction}")
    hint = N_("fund event dead")


class NotQuiet(NotReady):
    message = N_("after {seconds} seconds {open} deliveries are still open; is a worker running?")
    hint = N_("fund event deliveries")


class FolderNotEmpty(FaultyInput):
    message = N_("the folder {folder} is not empty; nothing was written")
    hint = N_("fund demo --home another-folder")


class NotAFolder(FaultyInput):
    message = N_("{folder} is not a folder")
    hint = N_("fund demo --home another-folder")
