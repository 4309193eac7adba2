"""How soon the end of a polled job is known, with a hundred of them open."""

from __future__ import annotations

from local.bench import learning


def test_polled_jobs_are_learnt_of_within_five_seconds() -> None:
    """From the provider's end to the row's knowing, at the 95th percentile."""
    learnt = learning.measure()
    spread = " ".join(f"{wait_s:.1f}" for wait_s in learnt.waits_s)
    print(f"p50 {learnt.p50_s:.2f} s, p95 {learnt.p95_s:.2f} s; all: {spread}")  # noqa: T201 - a figure that is asked for
    assert learnt.p95_s <= 5
