from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from local.cli import demo, scenes
from local.cli.client import ApiError
from local.cli.episodes import EPISODES, Episode
from local.cli.scenes import MISTAKES, SCENES
from tests.e2e.caller import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.cli.episodes import Line
    from local.cli.ways import Stage


def test_the_demo(tmp_path: Path) -> None:
    """It exits 0 within 120 s, says that every check was met, and leaves files that play as long as asked."""
    began = time.monotonic()
    command = [sys.executable, "-m", "local.cli", "demo", "--json", "--to", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)  # noqa: S603
    took_s = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    assert took_s < 120
    said = json.loads(done.stdout)
    assert said["ok"] is True
    assert {name: job["learnt_by"] for name, job in said["jobs"].items()} == {
        scene.name: scene.learnt_by for scene in SCENES
    }
    assert set(said["refusals"]) == {mistake.name for mistake in MISTAKES}
    played = {check["scene"] for check in said["checks"]}
    assert {item.name for item in (*SCENES, *MISTAKES, *EPISODES)} == played - {"all"}
    for scene in SCENES:
        files = {path.name: path for path in (tmp_path / scene.name).iterdir()}
        assert set(scene.files) <= set(files)
        if "video.mp4" in files:
            assert seconds_of(files["video.mp4"].read_bytes()) == pytest.approx(scene.duration_s, abs=0.1)


def breaks_off(_stage: Stage) -> Iterator[Line]:
    yield "the first key opens", 200, 401
    raise ApiError("Refused", "The second one does not open either.", 401)


def test_a_demo_that_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is not as it should be, the demo says what, and is not good."""
    wrong = scenes.Scene(
        name="wrong",
        title="",
        request={"prompt": "a fox", "duration_s": 3, "provider": "apimart"},
        duration_s=4,
        learnt_by="poll",
        route_reason="apimart: by lot",
        path=("MakeElements",),
        elements=frozenset({"Mira"}),
        webhook="/silence",
    )
    named = scenes.Mistake(name="named", title="", request={"prompt": ""}, fields=frozenset({"prompt", "model"}))
    monkeypatch.setattr(demo, "SCENES", (wrong,))
    broken = Episode(name="broken", title="", tasks=1, play=breaks_off)
    monkeypatch.setattr(demo, "MISTAKES", (named,))
    monkeypatch.setattr(demo, "EPISODES", (broken,))
    shown: list[dict[str, object]] = []
    monkeypatch.setattr(demo.render, "print_json", shown.append)
    assert demo._demo(tmp_path, as_json=True) is False  # noqa: SLF001 - the command without its signals
    checks = shown[0]["checks"]
    assert isinstance(checks, list)
    missed = [(check["scene"], check["what"]) for check in checks if not check["ok"]]
    assert missed == [
        ("wrong", "by klingai"),
        ("wrong", "because of apimart: by lot"),
        ("wrong", "MakeElements"),
        ("wrong", "made: Mira"),
        ("wrong", "plays 4 s ± 0.1 s"),
        ("wrong", "one webhook"),
        ("named", "all its fields named, and no other"),
        ("broken", "no trouble on the way"),
        ("broken", "the first key opens"),
        ("all", "no task at a provider besides"),
    ]
