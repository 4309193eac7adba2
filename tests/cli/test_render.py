from __future__ import annotations

from typing import Any

import pytest

from local.cli import render
from local.cli.client import ApiError


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"min": 3, "max": 15}, "3 to 15"),
        ({"min_chars": 1, "max_chars": 2500}, "1 to 2500 characters"),
        ({"max_items": 7}, "at most 7 items"),
        ({"min": 300}, "at least 300"),
        (["16:9", "1:1"], "16:9, 1:1"),
        ([], "nothing"),
        ({"pattern": "x"}, "pattern x"),
        (7, "7"),
    ],
)
def test_limits_in_words(limit: Any, words: str) -> None:
    """A limit's data reads as a person would say it."""
    assert render.limit_text(limit) == words


@pytest.mark.parametrize(("count", "words"), [(999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB")])
def test_sizes(count: int, words: str) -> None:
    """Bytes in the unit that fits."""
    assert render.size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0 s"), (59, "59 s"), (61, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_ages(seconds: float, words: str) -> None:
    """Ages in one unit; a clock that is behind makes none negative."""
    assert render.short_age(seconds) == words


def test_two_providers_on_one_field(capsys: pytest.CaptureFixture[str]) -> None:
    """Each problem says whose it is; where no provider is named, there is no room for one."""
    both = [
        {"field": "duration_s", "code": "too_long", "provider": "apimart", "message": "at most 15"},
        {"field": "duration_s", "code": "too_long", "provider": "klingai", "message": "at most 10"},
        {"field": "colour", "code": "unknown_field", "message": "there is no such field"},
    ]
    render.refusal(ApiError("Invalid request", "Three problems.", 422, both))
    lines = [line.split() for line in capsys.readouterr().err.splitlines()[1:]]
    assert [
        ["duration_s", "apimart", "at", "most", "15"],
        ["duration_s", "klingai", "at", "most", "10"],
        ["colour", "there", "is", "no", "such", "field"],
    ] == lines


@pytest.mark.parametrize("state", ["queued", "preparing", "submitting", "running", "storing", "succeeded", "failed"])
def test_states_in_colour(state: str) -> None:
    """Every state but the one in which nothing happens yet has a colour."""
    assert (state != "queued") == bool(render.state(state).style)
