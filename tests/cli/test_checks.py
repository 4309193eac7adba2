from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from klingway.providers import registry
from PIL import Image

from local.cli.checks import Outcome, check_mistake, check_scene, duration_of, size_of
from local.cli.episodes import EPISODES
from local.cli.props import Picture, ReceiverUrl, filled
from local.cli.scenes import MISTAKES, SCENES
from local.cli.services import said
from local.cli.ways import BusEvent, InboxFile, InWordsOf, OverHttp, Stage
from local.simulators.media import ClipSpec, make_clip

ROOT = Path(__file__).parents[2]
ANSWER = {"code": 200, "data": [{"task_id": "t"}]}


def test_a_video_that_plays(tmp_path: Path) -> None:
    """Its length is that of its pictures."""
    make_clip(ClipSpec("1", "klingai", "m", "p", duration_s=1.0), tmp_path / "a.mp4")
    assert duration_of(tmp_path / "a.mp4") == pytest.approx(1.0)


def test_a_video_that_does_not_play(tmp_path: Path) -> None:
    """It is an error, not a length."""
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(av.FFmpegError):
        duration_of(tmp_path / "a.mp4")


def test_a_picture_and_what_is_none(tmp_path: Path) -> None:
    """Its width and height, all of it decoded; half a picture is none."""
    whole, half = tmp_path / "a.png", tmp_path / "b.png"
    Image.effect_noise((64, 48), 64).save(whole)
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    assert ((64, 48), None) == (size_of(whole), size_of(half))


@pytest.mark.parametrize(
    ("way", "expected"),
    [(("data", 0, "task_id"), "t"), (("data", 1, "task_id"), None), (("data", 0, "x", "y"), None), ((), ANSWER)],
)
def test_what_stands_in_an_answer(way: tuple[str | int, ...], expected: object) -> None:
    """By the names and places on the way; nothing where the way ends early."""
    assert expected == said(ANSWER, way)


def test_a_mistake_answered_in_part() -> None:
    """A refusal that names four of five fields is not what it has to be; one that names all is."""
    mistake = MISTAKES[0]
    problems = [{"field": field, "message": "wrong"} for field in sorted(mistake.fields)]
    whole, part = ({"status": 422, "problems": listed} for listed in (problems, problems[1:]))
    assert all(check.is_met for check in check_mistake(mistake, Outcome(refusal=whole)))
    assert not all(check.is_met for check in check_mistake(mistake, Outcome(refusal=part)))
    assert not all(check.is_met for check in check_mistake(mistake, Outcome()))


def test_scenes_have_names_of_their_own() -> None:
    """Each has a folder; all that the demo promises is among them."""
    names = [item.name for item in (*SCENES, *MISTAKES, *EPISODES)]
    assert len(set(names)) == len(names)
    assert {scene.learnt_by for scene in SCENES} == {"callback", "poll"}
    assert {scene.provider for scene in SCENES} == set(registry.names())
    assert {type(item.way) for item in SCENES} == {OverHttp, InboxFile, BusEvent, InWordsOf}
    assert {scene.way.service for scene in SCENES} - {None} == set(registry.names())
    assert ["pictures"] == [scene.name for scene in SCENES if "video.mp4" not in scene.files]
    assert {type(item.way) for item in MISTAKES} == {OverHttp, InboxFile, BusEvent}
    assert ["two-elements"] == [scene.name for scene in SCENES if scene.elements]
    assert ["webhook"] == [scene.name for scene in SCENES if scene.webhook]
    assert ["cancel", "retry", "delete", "keys", "caps"] == [episode.name for episode in EPISODES]


def test_the_readme_counts_the_scenes() -> None:
    """Whoever reads it and runs the demo sees as many."""
    count = len((*SCENES, *MISTAKES, *EPISODES))
    assert f"plays {count} scenes" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_refusal_of_what_should_succeed() -> None:
    """A scene that is refused, and one that nobody answered, are not what they have to be."""
    refused, silent = Outcome(refusal={"status": 422, "problems": []}), Outcome(trouble="no answer")
    backstage = None  # without a job there is nothing to look at
    for outcome in (refused, silent):
        checks = check_scene(backstage, SCENES[0], outcome)  # type: ignore[arg-type]
        assert not all(check.is_met for check in checks)


def test_what_a_request_names_before_it_is_there(tmp_path: Path) -> None:
    """Pictures are drawn, kept and sent along; the receiver's address is put in; all else stays."""
    backstage = SimpleNamespace(receiver=SimpleNamespace(url="http://127.0.0.1:9"))
    stage = Stage(None, backstage, tmp_path, lambda _seconds: None)  # type: ignore[arg-type]
    picture = Picture("sky", (0, 0, 255), (255, 255, 255))
    told = filled({"prompt": "x", "images": [{"url": picture}], "webhook": {"url": ReceiverUrl("/here")}}, stage)
    drawn = base64.b64encode((tmp_path / "sky.png").read_bytes()).decode()
    assert told == {
        "prompt": "x",
        "images": [{"url": f"data:image/png;base64,{drawn}"}],
        "webhook": {"url": "http://127.0.0.1:9/here"},
    }
