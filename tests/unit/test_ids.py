from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.domain.ids import (
    AttemptId,
    JobId,
    element_number_in,
    from_iso,
    is_job_id,
    iso,
    lowest_job_id,
    new_element_number,
    new_job_id,
)

from tests.unit.builders import JOB_ID, NOW

MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


def test_a_job_id_is_a_prefix_and_a_ulid() -> None:
    """`job_` and 26 characters, the first ten of which are the milliseconds in Crockford's Base32."""
    job_id = new_job_id(datetime(1970, 1, 1, 0, 0, 1, 250_000, tzinfo=UTC))

    # 1250 ms = 1 * 1024 + 7 * 32 + 2.
    assert "job_0000000172" == job_id[:14]
    assert 30 == len(job_id)


def test_a_job_ids_millisecond_is_the_times_own() -> None:
    """1001 ms = 31 * 32 + 9: a time that no double holds exactly is not one millisecond earlier."""
    assert "job_00000000Z9" == new_job_id(datetime(1970, 1, 1, 0, 0, 1, 1000, tzinfo=UTC))[:14]


@given(MOMENTS)
def test_a_new_job_id_has_the_form_of_one(moment: datetime) -> None:
    """What is made is recognised."""
    assert is_job_id(new_job_id(moment))


@given(MOMENTS, st.integers(min_value=2, max_value=10**9))
def test_job_ids_sort_by_time(moment: datetime, later_ms: int) -> None:
    """A later time makes a greater id; that a millisecond is exact, the test above says."""
    assert new_job_id(moment) < new_job_id(moment + timedelta(milliseconds=later_ms))


def test_job_ids_of_one_moment_differ() -> None:
    """80 random bits tell them apart."""
    assert 1000 == len({new_job_id(NOW) for _ in range(1000)})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("job_", id="prefix alone"),
        pytest.param(JOB_ID[:-1], id="a character short"),
        pytest.param(JOB_ID + "0", id="a character long"),
        pytest.param(JOB_ID.lower(), id="lower case"),
        pytest.param(JOB_ID[:-1] + "U", id="a letter that Crockford leaves out"),
        pytest.param(JOB_ID[:-1] + "\n", id="a line break"),
        pytest.param(JOB_ID[:-1] + "#", id="a separator of keys"),
        pytest.param("JOB_" + JOB_ID[4:], id="another prefix"),
        pytest.param("0000" + JOB_ID[4:], id="no prefix, right length"),
        pytest.param(JOB_ID[:-1] + "٣", id="another script's digit"),
    ],
)
def test_what_is_no_job_id_is_told_apart(text: str) -> None:
    """Nothing else ever reaches a key of the table."""
    assert not is_job_id(text)


@given(MOMENTS, st.integers(min_value=1, max_value=999))
def test_attempt_ids_round_trip(moment: datetime, number: int) -> None:
    """What is written is read again, and is at most 35 characters."""
    attempt_id = AttemptId(new_job_id(moment), number)

    assert attempt_id == AttemptId.parse(str(attempt_id))
    assert 35 >= len(str(attempt_id))


def test_an_attempt_id_is_its_jobs_id_and_its_number() -> None:
    """`job_…-1`."""
    assert f"{JOB_ID}-12" == str(AttemptId(JOB_ID, 12))
    assert AttemptId(JobId(JOB_ID), 12) == AttemptId.parse(f"{JOB_ID}-12")


@given(st.text() | st.text(alphabet=JOB_ID + "-0123456789").map(lambda tail: JOB_ID + tail))
def test_any_text_is_read_as_an_attempt_id_or_none(text: str) -> None:
    """Reading never raises, and what is read is of the right form."""
    attempt_id = AttemptId.parse(text)

    assert attempt_id is None or (is_job_id(attempt_id.job_id) and 0 <= attempt_id.number <= 999)


@pytest.mark.parametrize(
    "tail",
    ["", "-", "--1", "-1000", "-1 ", "-+1", "-1.0", "-¹", "-٣", "-1\n", "-0x1", "_1"],
)
def test_what_is_no_attempt_id_is_none(tail: str) -> None:
    """A number in any other writing is none of ours."""
    assert AttemptId.parse(JOB_ID + tail) is None


@pytest.mark.parametrize("tail", ["-0", "-00", "-01", "-001"])
def test_a_number_has_one_spelling(tail: str) -> None:
    """Attempts count from 1; one attempt has one id, so a padded number is none."""
    assert AttemptId.parse(JOB_ID + tail) is None


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    """`2026-11-20T12:00:00.123Z`, whatever the zone."""
    moment = datetime(2026, 11, 20, 13, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))

    assert "2026-11-20T12:00:00.123Z" == iso(moment)


@given(MOMENTS)
def test_times_round_trip_to_the_millisecond(moment: datetime) -> None:
    """What is written is read again."""
    assert moment.replace(microsecond=moment.microsecond // 1000 * 1000) == from_iso(iso(moment))


def test_an_elements_number_is_one_that_every_reader_of_json_keeps() -> None:
    """Of 16 digits and below 2^53, never the same by chance, and found again in the text that it is said in."""
    numbers = {new_element_number() for _ in range(1000)}

    assert 1000 == len(numbers)
    assert all(10**15 <= number < 2**53 for number in numbers)
    assert numbers == {element_number_in(str(number)) for number in numbers}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1000000000000000", 10**15),
        ("9007199254740991", 2**53 - 1),
        ("999999999999999", None),
        ("9007199254740992", None),
        ("0999999999999999", None),
        ("829836802793406551", None),
        ("321922438904313", None),
        ("160", None),
        ("", None),
        ("100000000000000a", None),
        ("+100000000000000", None),
        ("\uff11" + "\uff10" * 15, None),
    ],
)
def test_what_can_be_a_number_of_ours(text: str, number: int | None) -> None:
    """From 10^15 to below 2^53, written in one way: anything else is a provider's own, and nobody looks it up."""
    assert number == element_number_in(text)


@given(MOMENTS)
def test_ids_are_not_below_the_lowest_of_their_time(moment: datetime) -> None:
    """Whatever is made then is from it on, and whatever was made a millisecond before is below."""
    assert new_job_id(moment - timedelta(milliseconds=1)) < lowest_job_id(moment)
    assert lowest_job_id(moment) <= new_job_id(moment)
    assert is_job_id(lowest_job_id(moment))
