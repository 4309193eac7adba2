"""A process may be killed at any call out that it makes: its job ends as if nothing had been, or says what cannot be known."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.crashes.journeys import JOURNEYS, Journey
from tests.crashes.points import all_of, canonical, different
from tests.crashes.promises import broken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.crashes.journeys import End
    from tests.crashes.points import Call, Crash
    from tests.crashes.stage import Stage

EVERYWHERE = bool(os.environ.get("CRASH_EVERYWHERE"))  # noqa: TID251 - of the test run itself
"""Whether every point is tried, those as well that leave the same world behind as others do: `make crashes`."""
MOST_FAILURES = 10
"""Told of one journey: one mistake breaks many a promise, at many points."""


@dataclass(frozen=True)
class Run:
    """One run of a journey."""

    calls: Sequence[Call]
    told: End | None
    """How it has to end, where its caller was told so."""


def run(stage: Stage, journey: Journey, crash: Crash | None = None, *, asks_at_once: bool = True) -> Run:
    """Run a journey to its end, killing a process there."""
    first = crash if journey.before is None else None
    stage.begin(first, asks_at_once=asks_at_once, receiver=journey.receiver, caps=journey.caps, longest=journey.longest)
    stage.upstream.simulators["klingai"].behaviour.change(journey.behaviour)
    if journey.before is not None:
        journey.before(stage)
        stage.take_for_granted(crash)
    told = journey.begin(stage)
    stage.settle()
    return Run(stage.calls.made, told)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name.replace(" ", "_"))
def test_a_job_survives_the_death_of_any_process(
    journey: Journey, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """Killed just before or after any call's effect: one terminal state, one task, whole media, one end told, all at rest."""
    calls = list(run(stage, journey).calls)
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
        until_then, wanted = ([str(each) for each in made[: crash.index + 1]] for made in (again.calls, calls))
        if until_then != wanted:
            yield f"{where}: another journey, {until_then}"
        for what in broken(stage, journey, again.told or journey.end(calls, canonical(calls, crash))):
            yield f"{where}: {what}"
