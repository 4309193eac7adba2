from __future__ import annotations

from typing import TYPE_CHECKING

import av
import pytest

from local.cli.checks import Outcome, check_mistake, duration_of
from local.cli.scenes import MISTAKES, SCENES
from local.simulators.media import ClipSpec, make_clip

if TYPE_CHECKING:
    from pathlib import Path


def test_a_video_that_plays(tmp_path: Path) -> None:
    """Its length is that of its pictures."""
    make_clip(ClipSpec("1", "klingai", "m", "p", duration_s=1.0), tmp_path / "a.mp4")
    assert duration_of(tmp_path / "a.mp4") == pytest.approx(1.0)


def test_a_video_that_does_not_play(tmp_path: Path) -> None:
    """It is an error, not a length."""
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(av.FFmpegError):
        duration_of(tmp_path / "a.mp4")


def test_a_mistake_answered_in_part() -> None:
    """A refusal that names four of five fields is not what it has to be; one that names all is."""
    mistake = MISTAKES[0]
    problems = [{"field": field, "message": "wrong"} for field in sorted(mistake.fields)]
    whole, part = ({"status": 422, "problems": listed} for listed in (problems, problems[1:]))
    assert all(check.is_met for check in check_mistake(mistake, Outcome(refusal=whole)))
    assert not all(check.is_met for check in check_mistake(mistake, Outcome(refusal=part)))
    assert not all(check.is_met for check in check_mistake(mistake, Outcome()))


def test_scenes_have_names_of_their_own() -> None:
    """Each has a folder; all the ways that the demo promises are among them."""
    names = [item.name for item in (*SCENES, *MISTAKES)]
    assert len(set(names)) == len(names)
    assert {scene.learnt_by for scene in SCENES} == {"callback", "poll"}
    assert all(len(mistake.fields) == 5 for mistake in MISTAKES)
