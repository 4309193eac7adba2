from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.domain import schedule
from klingway.domain.capabilities import Expected
from klingway.domain.schedule import back_off_s, first_check_after_s, next_check_after_s

EXPECTED = Expected(early_s=60, usual_s=180, late_s=420, source="a test")
SECONDS = st.floats(min_value=0, max_value=10**6)


def test_the_fixed_waits() -> None:
    """Sections 3, 8, 14 of the design: an end within 5 s, so every 4 s; 2, 5, 10, 30 s after a nudge; 60 s, 30 min."""
    assert (2, 5, 10, 30) == schedule.NUDGED_AGAIN_S
    assert (4, 120, 120, 60, 1800) == (
        schedule.EVERY_S, schedule.LONGEST_S, schedule.PATIENCE_S, schedule.LOOKED_UP_AGAIN_S, schedule.CLAIM_S,
    )  # fmt: skip


@pytest.mark.parametrize(("calls_back", "after_s"), [(False, 60), (True, 420)])
def test_the_first_check(calls_back: bool, after_s: float) -> None:  # noqa: FBT001 - the case
    """Early where nobody calls back; only when the callback seems lost where somebody does."""
    assert after_s == first_check_after_s(EXPECTED, calls_back=calls_back)


@pytest.mark.parametrize(
    ("elapsed_s", "after_s"),
    [(0, 60), (50, 10), (58, 4), (60, 4), (420, 4), (424, 5), (440, 9), (820, 104), (884, 120), (86_400, 120)],
)
def test_the_next_check(elapsed_s: float, after_s: float) -> None:
    """Not before the quick ones are done, then every 4 s until the slow ones are, then up to two minutes."""
    assert after_s == next_check_after_s(elapsed_s, EXPECTED, calls_back=False)


@pytest.mark.parametrize(("elapsed_s", "after_s"), [(5, 415), (419, 4), (420, 4), (440, 9)])
def test_the_next_check_of_who_calls_back(elapsed_s: float, after_s: float) -> None:
    """Nobody is asked every 4 s who will say it himself, as long as he is not late."""
    assert after_s == next_check_after_s(elapsed_s, EXPECTED, calls_back=True)


@given(SECONDS, SECONDS, st.booleans())
def test_a_later_check_is_followed_by_a_later_one(one_s: float, other_s: float, calls_back: bool) -> None:  # noqa: FBT001
    """The time of the next check grows with that of the last, and is 4 s off at the least."""
    sooner, later = sorted((one_s, other_s))
    after_sooner_s = next_check_after_s(sooner, EXPECTED, calls_back=calls_back)
    after_later_s = next_check_after_s(later, EXPECTED, calls_back=calls_back)

    assert 4 <= after_sooner_s
    assert sooner + after_sooner_s <= later + after_later_s + 1e-6


def test_an_end_is_met_within_five_seconds() -> None:
    """Ends anywhere between a quick and a slow generation, delays in whole seconds, 0.4 s for each question: 95 of 100."""
    asked_s = [float(math.ceil(first_check_after_s(EXPECTED, calls_back=False)))]
    while asked_s[-1] < EXPECTED.late_s:
        answered_s = asked_s[-1] + 0.4
        asked_s.append(answered_s + math.ceil(next_check_after_s(answered_s, EXPECTED, calls_back=False)))
    ends_s = [EXPECTED.early_s + (EXPECTED.late_s - EXPECTED.early_s) * index / 1000 for index in range(1000)]

    waits_s = sorted(next(asked for asked in asked_s if asked >= end_s) + 0.4 - end_s for end_s in ends_s)

    assert 5 >= waits_s[949]


@pytest.mark.parametrize(
    ("failures", "after_s"), [(1, 2), (2, 4), (3, 8), (6, 64), (7, 120), (8, 120), (11, 120), (10**6, 120)]
)
def test_the_back_off_doubles(failures: int, after_s: float) -> None:
    """From 2 s, at most two minutes."""
    assert after_s == back_off_s(failures)


def test_the_back_off_from_another_first_wait() -> None:
    """5, 10, 20 s."""
    assert [5, 10, 20] == [back_off_s(failures, first_s=5) for failures in (1, 2, 3)]


@given(st.integers(min_value=1, max_value=10_000), st.floats(min_value=0.1, max_value=60))
def test_the_back_off_is_bounded_and_monotone(failures: int, first_s: float) -> None:
    """Never shorter than the first, never beyond two minutes."""
    assert first_s <= back_off_s(failures, first_s=first_s) <= back_off_s(failures + 1, first_s=first_s) <= 120
