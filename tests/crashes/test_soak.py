"""Many jobs at all four providers, one in five struck by something: none lost, none doubled, each ended and told once.

Processes die on the way, and table and bucket throttle. `make soak` runs two thousand of them; `make test`
some, the same each time.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.crashes.journeys import FAILED, SUCCEEDED, WEBHOOK
from tests.crashes.points import Crash, Side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.crashes.stage import Stage

JOBS: Final = int(os.environ.get("SOAK_JOBS", "60"))  # noqa: TID251 - the one switch
AT_ONCE: Final = 20
"""Asked for a second apart; then all of them come to their ends."""
DEATH_EACH: Final = 97
"""Of so many calls, one is a process's last."""
THROTTLED_EACH: Final = 53
"""Of so many calls to table and bucket, one is refused."""
MOST_ROUNDS: Final = 20
PROVIDERS: Final = ("klingai", "apimart", "ezmodel", "unifically", ["klingai", "apimart"])
FAULTS: Final = (
    # What goes wrong with a create: refused, an answer that is lost with a task behind it or without, one that makes no sense.
    "busy=1", "busy=3", "lost_answer", "time_out", "error_5xx_created", "error_5xx_not_created", "garbage_2xx",
    # With the task, and with what is asked of it.
    "fail", "moderation", "query_5xx=2", "query_time_out", "query_unknown",
    # With callbacks: none, twice, before their time, untrue, out of order.
    "silent", "repeat", "early", "lie", "lie_failed", "unordered",
    # With media: short, refused, missing, a web page.
    "short=1", "refused_once", "missing=1", "html=1",
)  # fmt: skip
RECEIVER: Final = (204, 204, 204, 204, 500, 204, 204, 503)


@dataclass(frozen=True, eq=False)
class NowAndThen(Crash):
    """Kills a process at every so manieth call, before its effect and after it by turns."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Crash):
            return False
        side = Side.AFTER if other.index // self.index % 2 else Side.BEFORE
        return other.index % self.index == self.index - 1 and other.side is side

    def __hash__(self) -> int:
        return self.index


def test_nothing_is_lost_and_nothing_doubled(stage: Stage, record_property: Callable[[str, object], None]) -> None:
    """Whatever is struck: each accepted job has one end, its media whole, at most one task, one event and one webhook."""
    dice = random.Random(7)  # noqa: S311 - the same each time
    stage.begin(
        NowAndThen(DEATH_EACH, Side.BEFORE),
        asks_at_once=True,
        receiver=RECEIVER * JOBS,
        caps=None,
        longest=timedelta(days=9),
        throttled_each=THROTTLED_EACH,
    )
    struck = Counter[str]()
    accepted: dict[str, str] = {}
    for number in range(JOBS):
        fault = dice.choice(FAULTS) if dice.random() < 0.2 else ""
        struck[fault.partition("=")[0] or "nothing"] += 1
        body = {
            "prompt": f"[sim:{fault}] film {number:05}" if fault else f"film {number:05}",
            "duration_s": 5,
            "provider": dice.choice(PROVIDERS),
            "webhook": {"url": WEBHOOK},
        }
        answer = stage.ask("/v1/videos", body, idempotency_key=f"order-{number}")
        assert answer.status == 202, answer
        accepted[answer.body["id"]] = body["prompt"]
        stage.agenda.pass_time(1)
        if number % AT_ONCE == AT_ONCE - 1:
            settle(stage)
    settle(stage)

    counts, wrong = judged(stage, accepted)

    refused = stage.throttles.refused
    aws = {
        "deaths": len(stage.calls.made) // DEATH_EACH,
        "table throttled": refused["dynamodb"],
        "bucket throttled": refused["s3"],
    }
    record_property("figures", {"of": "soak", "in": f"{JOBS} jobs", "are": counts | aws})
    record_property("struck", dict(struck))
    assert all(aws.values())
    assert wrong == []
    assert {name: counts[name] for name in NONE_OF} == dict.fromkeys(NONE_OF, 0)
    assert counts["succeeded"] + counts["failed"] == JOBS


NONE_OF: Final = ("lost", "doubled", "second ends", "events missing", "events extra", "untold", "media broken")


def settle(stage: Stage) -> None:
    for _ in range(MOST_ROUNDS):
        stage.settle()
        if not stage.table.due() and stage.agenda.next_at() is None:
            return


def files_of(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a job's files, those that came after its end among them."""
    late = [file for late in job.get("late_results") or [] for file in late["files"]]
    return [*(job.get("files") or []), *late]


def judged(stage: Stage, accepted: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Return what came of all of them, in numbers, and what is left that should not be."""
    rows = {job["pk"]: job for job in stage.table.jobs()}
    ended = {job_id: job for job_id, job in rows.items() if job["state"] in {SUCCEEDED, FAILED}}
    tasks = Counter(task.body.get("prompt") or task.body["input"]["prompt"] for _, task in stage.upstream.created())
    events = {(event["Detail"]["event_id"], event["Detail"]["job_id"]) for event in stage.events}
    told = Counter(job_id for _, job_id in events)
    late = Counter({job_id: len(job.get("late_results") or []) for job_id, job in ended.items()})
    posted: dict[str, set[str]] = {}
    for _, body, headers in stage.posts:
        posted.setdefault(json.loads(body)["data"]["job_id"], set()).add(headers["webhook-id"])
    lying = {key for key in stage.objects() if key.startswith("results/")}
    broken = [job for job in ended.values() if any(file["key"] not in lying for file in files_of(job))]
    bare = [job for job in ended.values() if job["state"] == SUCCEEDED and len(job.get("files") or []) < 2]
    reasons = Counter(job["error"]["code"] for job in ended.values() if job["state"] == FAILED)
    counts: dict[str, int] = {
        "accepted": len(accepted),
        "succeeded": sum(job["state"] == SUCCEEDED for job in ended.values()),
        "failed": sum(job["state"] == FAILED for job in ended.values()),
        **dict(sorted(reasons.items())),
        "lost": len(accepted.keys() - ended.keys()),
        "doubled": sum(count > 1 for count in tasks.values()) + len(rows.keys() - accepted.keys()),
        "second ends": sum(
            sum(state in {SUCCEEDED, FAILED} for state in stage.table.states_of(job_id)) > 1 for job_id in ended
        ),
        "came late": late.total(),
        "events missing": sum(told[job_id] < 1 + late[job_id] for job_id in ended),
        "events extra": sum(told[job_id] > 1 + late[job_id] for job_id in ended) + len(told.keys() - ended.keys()),
        "untold": len(ended) - sum(len(ids) == 1 + late[job_id] for job_id, ids in posted.items()),
        "media broken": len(broken) + len(bare),
    }
    return counts, stage.unfinished()
