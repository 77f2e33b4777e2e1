"""What of a proposal is kept apart from its facts: the names of the team, and where amounts stand in the file."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import TYPE_CHECKING

from fund.schemas.proposals import Proposal, ProposalForm
from fund.unit_of_work import Snapshot, derive_id

if TYPE_CHECKING:
    from fund import forms
    from fund.unit_of_work import UnitOfWork


def seal_team(uow: UnitOfWork, stream: str, filled: forms.Filled) -> ProposalForm:
    """The form with a commitment to each name of the team; the names themselves are kept apart, erasable."""
    form = filled.form
    if not form.team and not team_of(uow, stream):
        return form
    known = {row["name"]: row["salt"] for row in team_of(uow, stream)}
    kept, team = [], []
    for member, name in zip(form.team, filled.names, strict=True):
        salt = known.get(name) or _salt(uow, stream, name)
        person = hashlib.sha256((salt + name).encode()).hexdigest()
        kept.append({"name": name, "salt": salt, "person": person})
        team.append(member.model_copy(update={"person": person}))
    content = json.dumps(kept, ensure_ascii=False)
    uow.store.work.put_sealed(stream=stream, kind="team", actor="", round=0, salt="", content=content)
    return form.model_copy(update={"team": tuple(team)})


def _salt(uow: UnitOfWork, stream: str, name: str) -> str:
    """What keeps a name from being guessed; in a story with a held clock it follows from the command."""
    if uow.store.work.setting("held_clock_us") is not None:
        return derive_id("", "salt", stream, name, uow.command_id)
    return secrets.token_hex(16)


def team_of(snapshot: Snapshot, stream: str) -> list[dict[str, str]]:
    """Names, salts and commitments of the team, while they are known."""
    rows = snapshot.store.work.sealed(stream=stream, kind="team", round=0)
    return json.loads(rows[0].content) if rows else []


def keep_places(uow: UnitOfWork, stream: str, filled: forms.Filled) -> None:
    """Where amounts stand in the file, so that a later refusal can point; kept apart from the facts."""
    content = {
        "file": filled.file,
        "places": {name: [place.line, place.excerpt] for name, place in filled.places.items()},
    }
    uow.store.work.put_sealed(
        stream=stream, kind="file", actor="", round=0, salt="", content=json.dumps(content, ensure_ascii=False)
    )


def place_of(snapshot: Snapshot, case: Proposal, name: str) -> tuple[str, int, str]:
    """Where in the partner's own file an amount stands, as far as that is known: file, line, what stands there."""
    rows = snapshot.store.work.sealed(stream=case.stream, kind="file", round=0)
    kept = json.loads(rows[0].content) if rows else {}
    line, excerpt = kept.get("places", {}).get(name, [1, name])
    return str(kept.get("file", "FILE")), int(line), str(excerpt)
