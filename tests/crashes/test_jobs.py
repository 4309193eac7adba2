"""A process may be killed at any call out that it makes: its job ends as if nothing had been, or says what cannot be known."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.crashes.journeys import JOURNEYS, Journey
from tests.crashes.points import all_of, canonical, different
from tests.crashes.promises import broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.crashes.points import Call, Crash
    from tests.crashes.stage import Stage

EVERYWHERE = bool(os.environ.get("CRASH_EVERYWHERE"))  # noqa: TID251 - of the test run itself
"""Whether every point is tried, those as well that leave the same world behind as others do: `make crashes`."""
MOST_FAILURES = 10
"""Told of one journey: one mistake breaks many a promise, at many points."""


def run(stage: Stage, journey: Journey, crash: Crash | None = None, *, asks_at_once: bool = True) -> Sequence[Call]:
    """Run a journey to its end, killing a process there; return the calls that were made."""
    stage.begin(crash, asks_at_once=asks_at_once, receiver=journey.receiver, caps=journey.caps, longest=journey.longest)
    stage.upstream.simulators["klingai"].behaviour.change(journey.behaviour)
    journey.begin(stage)
    stage.settle()
    return stage.calls.made


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name.replace(" ", "_"))
def test_a_job_survives_the_death_of_any_process(
    journey: Journey, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """Killed just before or after any call's effect: one terminal state, one task, whole media, one end told, all at rest."""
    calls = list(run(stage, journey))
    assert [] == broken(stage, journey, journey.ends)
    points = different(calls)
    tried = all_of(calls) if EVERYWHERE else journey.some(points)

    failures = (failure for crash in tried for failure in failures_of(stage, journey, calls, crash))
    told = list(islice(failures, MOST_FAILURES))

    assert not told, "\n".join(told)
    counts = {"all": 2 * len(calls), "different": len(points), "tried": len(tried)}
    record_property("figures", {"of": "crash points", "in": journey.name, "are": counts})


def failures_of(stage: Stage, journey: Journey, calls: Sequence[Call], crash: Crash) -> Iterator[str]:
    """Yield what is not kept of the promises, in words, where a process is killed there.

    A caller who is not answered asks again at once, or when all has settled: his job does not need him.
    """
    call = calls[crash.index]
    for asks_at_once in (True, False) if call.function == "api" else (True,):
        again = run(stage, journey, crash, asks_at_once=asks_at_once)
        where = f"killed {crash.side.value} {crash.index} {call}" + ("" if asks_at_once else ", asked again late")
        is_same = [str(each) for each in calls[: crash.index + 1]] == [str(each) for each in again[: crash.index + 1]]
        if not is_same:
            yield f"{where}: another journey, {[str(each) for each in again[: crash.index + 1]]}"
        for what in broken(stage, journey, journey.end(calls, canonical(calls, crash))):
            yield f"{where}: {what}"
