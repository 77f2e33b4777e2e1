"""The words of the public pages for codes: where an experiment stands, kinds of partners, tracks, what happened.

Message ids; they are translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from fund.language import N_

GROUPS: Mapping[str, str] = {
    "awarded": N_("Awarded, not started yet"),
    "running": N_("Running"),
    "evaluating": N_("Finished, evaluation to come"),
    "confirmed": N_("Finished: it works"),
    "inconclusive": N_("Finished: not clear yet"),
    "learned": N_("Learned: it does not work, and we know why"),
    "refuted": N_("Finished: it does not work"),
    "stopped": N_("Stopped, without an evaluation"),
}
"""Where an experiment stands, as a heading and in a table."""
MEANING: Mapping[str, str] = {
    "awarded": N_("The fund said yes. The work has not begun."),
    "running": N_("The partners are at work."),
    "evaluating": N_("The work is done. What came of it is being written down."),
    "confirmed": N_("The idea was tried, and it was right."),
    "inconclusive": N_("The idea was tried. We cannot say yet whether it was right."),
    "learned": N_("The idea was tried, and it was not right. We learned a lot. That is a good result too."),
    "refuted": N_("The idea was tried, and it was not right."),
    "stopped": N_("The work stopped early. There will be no evaluation."),
}
"""What that means, in a sentence or two."""
NEWS: Mapping[str, str] = {
    "awarded": N_("money awarded"),
    "started": N_("started"),
    "ended": N_("finished"),
    "published": N_("lessons published"),
}
SORTS: Mapping[str, str] = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
}
VERDICTS: Mapping[str, str] = {
    "scale": N_("use it in more places"),
    "adopt": N_("keep it where it is"),
    "iterate": N_("change it and try again"),
    "stop": N_("stop"),
}
MILESTONES: Mapping[str, str] = {
    "planned": N_("planned"),
    "evidenced": N_("shown, being judged"),
    "accepted": N_("reached"),
    "changes_requested": N_("to be completed"),
    "rejected": N_("not reached"),
}
HYPOTHESES: Mapping[str, str] = {
    "confirmed": N_("was right"),
    "inconclusive": N_("we cannot say yet"),
    "learned": N_("was not right, and we know why"),
    "refuted": N_("was not right"),
}
"""What came of the idea behind an experiment."""
DECISIONS: Mapping[str, str] = {
    "grant": N_("granted"),
    "change": N_("changed"),
    "revocation": N_("taken back"),
    "determination": N_("settled"),
}
"""Decisions on a grant, by the kind of their row in the register."""
EXPLAINED: Mapping[str, tuple[str, str]] = {
    "balance": (N_("Balance"), N_("What is in the bank.")),
    "buffer": (N_("Buffer"), N_("Money that we do not give away. It stays in the bank.")),
    "revolving": (N_("Revolving degree"), N_("Which part of the money comes back.")),
    "track": (N_("Track"), N_("How large an experiment is: light, standard or major. A larger one has more rules.")),
    "award": (N_("Award"), N_("The fund says yes: this experiment gets this amount.")),
    "grant": (N_("A grant"), N_("Money that need not come back.")),
    "regulations": (N_("Regulations"), N_("The rules of the fund. The partners made them.")),
    "roll_out": (N_("Roll-out"), N_("An experiment that worked starts in other places too.")),
}
"""Words of the fund that a page explains, with what they mean."""
