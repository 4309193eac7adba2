"""From the provider's end of a task to the film in the bucket: by callback, on the twin, one job at a time."""

import statistics
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from local.twin import Twin

JOBS: Final = 15
GENERATION_S: Final = 0.5
_LONGEST_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Completion:
    """Seconds from the task's end to the job's, the copy included."""

    p50_s: float
    most_s: float


def measure() -> Completion:
    """Run jobs one after the other, and compare the simulator's clock with the events that they end in."""
    headers: dict[str, str] = {}
    with Twin(simulated_s=GENERATION_S, schedules=False) as twin:
        headers["Authorization"] = f"Bearer {twin.key.api_key}"
        with httpx.Client(base_url=twin.cloud.url, headers=headers, timeout=30) as client:  # noqa: TID251 - to the twin
            for index in range(JOBS):
                body = {"prompt": f"fox {index}", "duration_s": 3, "provider": "klingai"}
                client.post("/v1/videos", json=body).raise_for_status()
                _wait_for_events(twin, index + 1)
        ended_at = {task["external_id"]: task["ends_at"] for task in twin.simulators["klingai"].tasks()}
        events = twin.cloud.published_events(twin.cloud.outputs["EventBusName"])
    waits_s = [
        datetime.fromisoformat(event["detail"]["finished_at"]).timestamp() - ended_at[f"{event['detail']['job_id']}-1"]
        for event in events[1:]  # the first one pays for the cold starts
    ]
    return Completion(statistics.median(waits_s), max(waits_s))


def _wait_for_events(twin: Twin, count: int) -> None:
    bus, end = twin.cloud.outputs["EventBusName"], time.monotonic() + _LONGEST_S
    while len(twin.cloud.published_events(bus)) < count:
        if time.monotonic() > end:
            raise TimeoutError("a job's event did not come")
        time.sleep(0.02)
