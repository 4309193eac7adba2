from __future__ import annotations

from typing import Any

import pytest

from local.cli import render


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
