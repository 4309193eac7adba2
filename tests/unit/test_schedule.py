from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.domain import schedule
from klingway.domain.capabilities import Expected
from klingway.domain.schedule import back_off_s, first_check_after_s, next_check_after_s

EXPECTED = Expected(early_s=60, usual_s=180, late_s=420, source="a test")
SECONDS = st.floats(min_value=0, max_value=10**6)


def test_the_fixed_waits() -> None:
    """Section 3 and 8 of the design: 2, 5, 10, 30 s after a nudge; two not-founds 60 s apart; a claim lives 30 min."""
    assert (2, 5, 10, 30) == schedule.NUDGED_AGAIN_S
    assert (5, 120, 120, 60, 1800) == (
        schedule.EVERY_S, schedule.LONGEST_S, schedule.PATIENCE_S, schedule.LOOKED_UP_AGAIN_S, schedule.CLAIM_S,
    )  # fmt: skip


@pytest.mark.parametrize(("calls_back", "after_s"), [(False, 60), (True, 420)])
def test_the_first_check(calls_back: bool, after_s: float) -> None:  # noqa: FBT001 - the case
    """Early where nobody calls back; only when the callback seems lost where somebody does."""
    assert after_s == first_check_after_s(EXPECTED, calls_back=calls_back)


@pytest.mark.parametrize(
    ("elapsed_s", "after_s"),
    [(0, 5), (60, 5), (420, 5), (424, 6), (440, 10), (820, 105), (880, 120), (881, 120), (86_400, 120)],
)
def test_the_next_check(elapsed_s: float, after_s: float) -> None:
    """Every 5 s until the slow ones are done, then stretching gently, at most two minutes."""
    assert after_s == next_check_after_s(elapsed_s, EXPECTED)


@given(SECONDS, SECONDS)
def test_the_next_check_never_comes_sooner_later_on(one_s: float, other_s: float) -> None:
    """Monotone, and always between 5 s and two minutes."""
    sooner, later = sorted((one_s, other_s))

    assert 5 <= next_check_after_s(sooner, EXPECTED) <= next_check_after_s(later, EXPECTED) <= 120


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
