"""Identifiers: jobs, attempts, elements, and the names derived from them.

A job id is `job_` and a ULID (26 characters of Crockford's Base32: 48 bits of milliseconds, 80 random bits), so ids sort
by time; an element id is `el_` and a ULID. An attempt's id is its job's id and its number, `job_…-1`: whoever holds it
can find the job without a look-up. An element that its caller keeps has a whole number besides, for services whose element
ids are numbers.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NewType, Self

JobId = NewType("JobId", str)
ElementId = NewType("ElementId", str)
Tenant = NewType("Tenant", str)
ProviderName = NewType("ProviderName", str)
Kind = Literal["video", "image"]
"""What a job makes."""

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_CHARS: Final = 26
_JOB: Final = "job_"
_ELEMENT: Final = "el_"
_FIRST_NUMBER: Final = 10**15
_PAST_NUMBERS: Final = 2**53
"""Below it, readers of JSON that take numbers for floats keep every digit."""


def new_job_id(now: datetime) -> JobId:
    """Return a new job id whose order is that of `now`, an aware time, to the millisecond."""
    return JobId(_JOB + _new_ulid(now))


def lowest_job_id(moment: datetime) -> JobId:
    """Return what every id of a job made at `moment`, an aware time, or later is at least, and of one made before below."""
    return JobId(_JOB + _ulid(_milliseconds(moment), 0))


def new_element_id(now: datetime) -> ElementId:
    """Return a new element id."""
    return ElementId(_ELEMENT + _new_ulid(now))


def new_element_number() -> int:
    """Return a number for an element: 16 digits, which nobody guesses and which is no longer than JavaScript can count."""
    return _FIRST_NUMBER + secrets.randbelow(_PAST_NUMBERS - _FIRST_NUMBER)


def element_number_in(text: str) -> int | None:
    """Return the number in `text` where it has the form of one that we give to an element, else None."""
    if not (text.isascii() and text.isdecimal() and len(text) == len(str(_FIRST_NUMBER))):
        return None
    number = int(text)
    return number if _FIRST_NUMBER <= number < _PAST_NUMBERS else None


def _new_ulid(now: datetime) -> str:
    return _ulid(_milliseconds(now), secrets.randbits(80))


def _ulid(milliseconds: int, random_bits: int) -> str:
    number = milliseconds << 80 | random_bits
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _milliseconds(moment: datetime) -> int:
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


def is_job_id(text: str) -> bool:
    """Tell whether `text` has the form of a job id; nothing else ever reaches a key of the table."""
    return _is_id(_JOB, text)


def is_element_id(text: str) -> bool:
    """Tell whether `text` has the form of an element id."""
    return _is_id(_ELEMENT, text)


def _is_id(prefix: str, text: str) -> bool:
    ulid = text.removeprefix(prefix)
    return len(text) == len(prefix) + _ULID_CHARS and len(ulid) == _ULID_CHARS and all(c in _CROCKFORD for c in ulid)


@dataclass(frozen=True, slots=True)
class AttemptId:
    """One submission of a job to one provider; `str()` of it is our reference at the provider, at most 35 characters."""

    job_id: JobId
    number: int
    """1 for a job's first attempt."""

    def __str__(self) -> str:
        return f"{self.job_id}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read an attempt id, or return None where `text` has not its form."""
        job_id, _, number = text.rpartition("-")
        if not is_job_id(job_id) or not number.isascii() or not number.isdecimal() or len(number) > 3:  # noqa: PLR2004 - 999 attempts
            return None
        parsed = cls(JobId(job_id), int(number))
        return parsed if parsed.number and str(parsed) == text else None  # one way of writing each


def iso(moment: datetime) -> str:
    """Write an aware time as `2026-11-20T12:00:00.123Z`, the form of every time that Klingway stores or says."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Read what `iso` wrote."""
    return datetime.fromisoformat(text)
