"""Two people, one draft: whoever saves last is told what the other changed, and nothing is lost unseen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fund import forms
from fund.errors.proposals import ChangedMeanwhile
from tests.conftest import Fund
from tests.factories import World, a_proposal_file, as_file
from tests.workflows.proposing import IN_ROUND, case, drafted, file_of, proposing


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with proposing(database_url) as world:
        yield world


def changed(text: str, old: str, new: str) -> bytes:
    assert old in text
    return text.replace(old, new).encode()


def test_a_file_says_which_revision_it_starts_from_and_a_later_one_is_not_overwritten(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    hers, his = file_of(world, ref, "fatima"), file_of(world, ref, "lotte")
    assert tomllib.loads(hers)["revision"] == f"{ref}/1"
    world.do("proposal save", user="fatima", ref=ref, file=as_file(changed(hers, "snelheid", "rust")))
    world.clock(IN_ROUND + timedelta(hours=1))
    with pytest.raises(ChangedMeanwhile) as refused:
        world.do("proposal save", user="lotte", ref=ref, file=as_file(changed(his, "te weinig", "te veel")))
    assert refused.value.details["read"] == 1
    assert refused.value.details["changes"] == [
        {"revision": 2, "sections": ["interests"], "actor": "fatima", "at": IN_ROUND.isoformat()}
    ]
    assert "revision 2 by fatima, 10 February 2026 14:02: interests" in str(refused.value)
    assert case(world, ref).revision == 2
    again = file_of(world, ref, "lotte")
    world.do("proposal save", user="lotte", ref=ref, file=as_file(changed(again, "te weinig", "te veel")))
    found = case(world, ref).form
    assert (found.interests[0].interest, found.risks[0].risk) == ("rust", "te veel dossiers")


def test_a_file_without_that_line_counts_as_started_from_ones_own_last_revision(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    world.do(
        "proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(co_applicants=("gm0327",), ambition="A"))
    )
    with pytest.raises(ChangedMeanwhile) as refused:
        world.do("proposal save", user="lotte", ref=ref, file=as_file(a_proposal_file(co_applicants=("gm0327",))))
    assert [change["revision"] for change in refused.value.details["changes"]] == [1, 2]
    read = world.ask("proposal show", user="lotte", ref=ref)["version"]
    mine = a_proposal_file(co_applicants=("gm0327",), ambition="B")
    world.do("proposal save", user="lotte", ref=ref, file=as_file(mine), version=read)  # knowingly
    with pytest.raises(ChangedMeanwhile):
        world.do("proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(co_applicants=("gm0327",))))
    assert case(world, ref).form.ambition == "B"


def test_a_line_of_another_proposal_says_nothing_about_this_one(world: World) -> None:
    first = drafted(world)
    second = drafted(world, title="Iets anders")
    copied = changed(file_of(world, first, "fatima"), "snelheid", "rust")
    world.do("proposal save", user="fatima", ref=second, file=as_file(copied))
    assert case(world, second).revision == 2


def test_a_confirmation_in_between_is_no_change_of_the_form(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    text = file_of(world, ref, "fatima")
    world.do("proposal confirm", user="lotte", ref=ref)
    world.do("proposal save", user="fatima", ref=ref, file=as_file(changed(text, "snelheid", "rust")))
    assert case(world, ref).confirmed == {}


def test_the_command_line_marks_the_file_and_goes_on_from_it(
    fund: Fund, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url, loket = world.fund.url, tmp_path / "loket.toml"
    text = a_proposal_file().decode().replace('schema = "2026-1"\n', 'schema = "2026-1"\nrevision = ""  # laat staan\n')
    loket.write_text(text, "utf-8")
    assert fund("proposal", "draft", "loket.toml", database=url, user="fatima").code == 0
    assert loket.read_text("utf-8").splitlines()[1] == 'revision = "2026-001/1"     # laat staan'
    loket.write_bytes(changed(loket.read_text("utf-8"), "snelheid", "rust"))
    saved = fund("proposal", "save", "2026-001", "loket.toml", database=url, user="fatima")
    assert "Changed: interests." in saved.out
    assert tomllib.loads(loket.read_text("utf-8"))["revision"] == "2026-001/2"
    shown = fund("proposal", "show", "2026-001", "--file", database=url, user="frank").out
    world.do("proposal save", user="frank", ref="2026-001", file=as_file(changed(shown, "rust", "ruimte")))
    loket.write_bytes(changed(loket.read_text("utf-8"), "te weinig", "te veel"))
    refused = fund("proposal", "save", "2026-001", "loket.toml", database=url, user="fatima", lang="en", terminal=True)
    assert refused.code == 1
    assert "error[changed_meanwhile]" in refused.err
    assert "revision 3 by frank" in refused.err
    assert max(map(len, refused.err.splitlines())) <= 80
    assert refused.err.splitlines()[-1] == "hint: fund proposal show 2026-001 --file"
    assert tomllib.loads(loket.read_text("utf-8"))["revision"] == "2026-001/2"
    dry = fund("proposal", "save", "2026-001", "-", "--dry-run", database=url, user="fatima", typed=shown)
    assert dry.code == 1  # standard input has no file to mark, and is held to its line all the same


def test_of_two_people_at_the_same_moment_one_wins_and_the_other_is_told(world: World, tmp_path: Path) -> None:
    """Two processes that start together, three times over: each round one saves and one is refused, and what the first
    changed stands."""
    ref = drafted(world, co_applicants=("gm0327",))
    gate = tmp_path / "gate"
    for number in range(3):
        gate.unlink(missing_ok=True)
        for user in ("fatima", "lotte"):
            text = file_of(world, ref, user)
            (tmp_path / f"{user}.toml").write_bytes(
                text.replace('interest = "', f'interest = "{user} {number} ', 1).encode()
            )
        running = [
            subprocess.Popen(
                [sys.executable, "-c", _SAVE, str(gate), ref, str(tmp_path / f"{user}.toml")],
                env={**os.environ, "FUND_DATABASE": world.fund.url, "FUND_USER": user, "FUND_LANG": "en"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for user in ("fatima", "lotte")
        ]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        gate.touch()
        ended = [(*process.communicate(timeout=120), process.returncode) for process in running]
        assert sorted(code for _out, _err, code in ended) == [0, 1], ended
        winner = ("fatima", "lotte")[[code for _out, _err, code in ended].index(0)]
        problem = next(json.loads(err)["error"] for _out, err, code in ended if code == 1)
        assert problem["code"] == "changed_meanwhile"
        assert [change["actor"] for change in problem["details"]["changes"]] == [winner]
        assert case(world, ref).form.interests[0].interest.startswith(f"{winner} {number} ")
    assert case(world, ref).revision == 4


_SAVE = """
import sys, time
from pathlib import Path
from cli import main
import fund.registry
print("ready", flush=True)
while not Path(sys.argv[1]).exists():
    time.sleep(0.001)
sys.exit(main.run_shell(["proposal", "save", sys.argv[2], sys.argv[3], "--json"]))
"""


def test_only_the_line_of_the_file_changes_when_it_is_marked() -> None:
    text = forms.template("light", round="2026-1", lead="gm0351", year=2027)
    marked = forms.mark(text, "2026-003/12")
    different = [pair for pair in zip(text.split("\n"), marked.split("\n"), strict=True) if pair[0] != pair[1]]
    assert different == [
        (
            'revision = ""               # laat staan · leave as it is',
            'revision = "2026-003/12"    # laat staan · leave as it is',
        )
    ]
    assert forms.mark('[proposal]\nrevision = "x"\n', "2026-003/1") == '[proposal]\nrevision = "x"\n'
