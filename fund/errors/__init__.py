"""Every way in which the fund says no, by trade; the code of each is its class name in snake case."""

from __future__ import annotations

from fund.errors.agreements import *  # noqa: F403
from fund.errors.amounts import *  # noqa: F403
from fund.errors.bank import *  # noqa: F403
from fund.errors.base import *  # noqa: F403
from fund.errors.capital import *  # noqa: F403
from fund.errors.closing import *  # noqa: F403
from fund.errors.commands import *  # noqa: F403
from fund.errors.cooperations import *  # noqa: F403
from fund.errors.database import *  # noqa: F403
from fund.errors.evaluations import *  # noqa: F403
from fund.errors.exits import *  # noqa: F403
from fund.errors.exports import *  # noqa: F403
from fund.errors.forecasts import *  # noqa: F403
from fund.errors.ledger import *  # noqa: F403
from fund.errors.payments import *  # noqa: F403
from fund.errors.people import *  # noqa: F403
from fund.errors.proposals import *  # noqa: F403
from fund.errors.repayments import *  # noqa: F403
from fund.errors.reviews import *  # noqa: F403
from fund.errors.service import *  # noqa: F403
from fund.errors.usage import *  # noqa: F403
