"""From the provider's end of a task to the job's knowing it, where nobody calls back: many jobs open at once, on the twin."""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from local.twin import Twin

JOBS: Final = 100
EXPECTED_S: Final = 9.0
QUICKEST_S: Final = 4.0
SLOWEST_S: Final = 14.0
"""Some end before the first check, which comes after three fifths of the expected time, and some after half as much again."""

_AT_ONCE: Final = 20
_LONGEST_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Learning:
    """How long after their ends the jobs knew of them."""

    waits_s: Sequence[float]
    """Of each job, shortest first."""

    @property
    def p50_s(self) -> float:
        """Of every second job it was less."""
        return statistics.median(self.waits_s)

    @property
    def p95_s(self) -> float:
        """Of 95 of 100 jobs it was less."""
        return statistics.quantiles(self.waits_s, n=100, method="inclusive")[94]


def measure() -> Learning:
    """Open the jobs at once, their ends spread, and compare the simulator's clock with what their attempts say.

    Raises:
        TimeoutError: Some did not end.
    """
    with Twin(simulated_s=EXPECTED_S, schedules=False) as twin:
        headers = {"Authorization": f"Bearer {twin.key.api_key}"}
        with httpx.Client(base_url=twin.cloud.url, headers=headers, timeout=60) as client:  # noqa: TID251 - to the twin
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                ids = list(pool.map(lambda index: _submit(client, index), range(JOBS)))
            _wait_for_events(twin)
            attempts = [client.get(f"/v1/jobs/{job_id}").raise_for_status().json()["attempts"][0] for job_id in ids]
        ends_at = {task["task_id"]: task["ends_at"] for task in twin.simulators["apimart"].tasks()}
    return Learning(sorted(_learnt_at(attempt) - ends_at[attempt["task_id"]] for attempt in attempts))


def _submit(client: httpx.Client, index: int) -> str:  # noqa: TID251 - to the twin
    generation_s = QUICKEST_S + (SLOWEST_S - QUICKEST_S) * index / (JOBS - 1)
    body = {"prompt": f"[sim:generation={generation_s:.2f}] fox {index}", "duration_s": 3, "provider": "apimart"}
    return str(client.post("/v1/videos", json=body).raise_for_status().json()["id"])


def _learnt_at(attempt: dict[str, Any]) -> float:
    return datetime.fromisoformat(attempt["ended_at"]).timestamp()


def _wait_for_events(twin: Twin) -> None:
    bus, end = twin.cloud.outputs["EventBusName"], time.monotonic() + _LONGEST_S
    while len(twin.cloud.published_events(bus)) < JOBS:
        if time.monotonic() > end:
            raise TimeoutError("some jobs did not end")
        time.sleep(0.1)
