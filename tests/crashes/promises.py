"""What holds of every journey once everything has settled, wherever a process was killed on the way."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.crashes import journeys
from tests.crashes.journeys import CANCELED, FAILED, SUCCEEDED, End

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.crashes.journeys import Journey
    from tests.crashes.stage import Stage

_LINK_LIFE = re.compile(rb"\?exp=[^\"]*")
"""What differs in a link that is made anew: how long it is good, and the proof of that."""

ENDS = {SUCCEEDED: "Job Succeeded", FAILED: "Job Failed", CANCELED: "Job Canceled"}
ALWAYS_LEFT = ("job", "request", "idempotency", "delivery#", "watch#")
"""Rows that a job leaves behind; an alias of the caller's own id for it, and what his tenant's jobs cost, besides."""
SMALLEST_USD = 0.0001


def broken(stage: Stage, journey: Journey, end: End) -> list[str]:
    """Return every promise that was not kept, in words; `end` is how the journey had to end."""
    match end.state:
        case journeys.DELETED:
            return [*_gone(stage), *_counted_as_before(stage), *stage.unfinished()]
        case journeys.KEPT:
            return [*_kept(stage), *stage.unfinished()]
        case journeys.LET_GO:
            return [*_let_go(stage), *stage.unfinished()]
    jobs = stage.table.jobs()
    if len(jobs) != 1 or jobs[0]["state"] not in ENDS:
        return [f"not one job in a terminal state: {[(job['id'], job['state']) for job in jobs]}", *stage.unfinished()]
    (job,) = jobs
    return [
        *_end(stage, journey, job, end),
        *_tasks(stage, job, end),
        *_media(stage, journey, job, end),
        *_events(stage, job),
        *_late(stage, job, end),
        *_told(stage, journey, job, end),
        *_outbox(stage, journey, job),
        *_counted(stage, journey, job),
        *_before(stage, job),
        *_at_rest(stage, job),
    ]


def _unless(holds: bool, what: str) -> Iterator[str]:  # noqa: FBT001 - a condition
    if not holds:
        yield what


def _end(stage: Stage, journey: Journey, job: Mapping[str, Any], end: End) -> Iterator[str]:
    """The job came to one terminal state, the right one, in good time, and never left it."""
    ended = (job["state"], (job.get("error") or {}).get("code"))
    yield from _unless(ended == (end.state, end.error), f"ended as {ended}, not as {end}: {job.get('error')}")
    states = stage.table.states_of(job["pk"])
    yield from _unless([state for state in states if state in ENDS] == states[-1:], f"one end: {states}")
    took = datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(job["created_at"])
    yield from _unless(took <= timedelta(hours=journey.most_hours), f"it took {took}")


def _tasks(stage: Stage, job: Mapping[str, Any], end: End) -> Iterator[str]:
    """No more tasks were accepted than it takes, none of a canceled job; where it succeeded, they are those that its row names.

    The elements that are left there are those that were there before.
    """
    created = [(name, task.id) for name, task in stage.upstream.created()]
    most = 0 if job["state"] == CANCELED else end.tasks
    yield from _unless(len(created) <= most, f"{len(created)} tasks were accepted: {created}")
    if job["state"] == SUCCEEDED:
        known = [(attempt["provider"], attempt["task_id"]) for attempt in job["attempts"] if "task_id" in attempt]
        yield from _unless(sorted(created) == sorted(known), f"the row's task is {known}, the provider's {created}")
    left, before = (
        [element["element_id"] for element in elements]
        for elements in (stage.upstream.kept_elements(), stage.upstream.elements_before)
    )
    yield from _unless(left == before, f"of the elements {before} are left at the provider: {left}")


def _media(stage: Stage, journey: Journey, job: Mapping[str, Any], end: End) -> Iterator[str]:
    """Each file on the row is in the bucket whole, as the provider made it, and nothing else is there."""
    lying = {key: body for key, body in stage.objects().items() if key.startswith("results/")}
    late = [file for late in job.get("late_results") or [] for file in late["files"]]
    files = {file["key"]: file for file in (*(job.get("files") or []), *late)}
    yield from _unless(lying.keys() == files.keys(), f"results {sorted(lying)}, and on the row {sorted(files)}")
    for key, file in files.items():
        said = (file["size_bytes"], file["sha256"])
        body = lying.get(key, b"")
        yield from _unless(said == (len(body), hashlib.sha256(body).hexdigest()), f"{key} is not what its row says")
    if job["state"] != SUCCEEDED and not end.comes_late:
        return
    media = [lying.get(key) for key, file in files.items() if file["role"] != "provenance"]
    made = stage.upstream.media()
    yield from _unless(len(media) == len(files) - end.tasks, f"no job.json: {sorted(files)}")
    yield from _unless(len(made) == journey.files * end.tasks, f"{len(made)} files were made")
    yield from _unless(set(made) == set(media), f"the media are not the task's own: {sorted(files)}")
    yield from _unless(not job.get("result_mismatch"), f"not as asked: {job.get('result_mismatch')}")


def _events(stage: Stage, job: Mapping[str, Any]) -> Iterator[str]:
    """One end was told on the bus, under one id; repeated at worst, and then the same."""
    ends = [event for event in stage.events if event["DetailType"] in ENDS.values()]
    told = {(event["DetailType"], json.dumps(event["Detail"], sort_keys=True)) for event in ends}
    ids = {event["Detail"]["event_id"] for event in ends}
    subjects = [(kind, json.loads(said)["job_id"]) for kind, said in told]
    is_right = len(ids) == 1 and subjects == [(ENDS[job["state"]], job["pk"])]
    yield from _unless(is_right, f"not one event of its end: {sorted(ids)} {subjects}")


def _late(stage: Stage, job: Mapping[str, Any], end: End) -> Iterator[str]:
    """What came after the end was told of under one id, and stands on the row; nothing did where nothing was to come."""
    told = [event["Detail"] for event in stage.events if event["DetailType"] == "Job Late Result"]
    ids = {detail["event_id"] for detail in told}
    is_right = len(job.get("late_results") or []) == len(ids) == end.comes_late
    yield from _unless(is_right, f"late: {job.get('late_results')}, told as {sorted(ids)}")
    yield from _unless(all(detail == told[0] for detail in told), f"told in several ways: {told}")


def _told(stage: Stage, journey: Journey, job: Mapping[str, Any], end: End) -> Iterator[str]:
    """Whoever wanted to be told was: of the same end each time, under one id, and of what came late under another."""
    deliveries = [row for row in stage.table.rows() if row["sk"].startswith("delivery#")]
    posts = (journey.hears is not None) * (1 + end.comes_late)
    wanted = posts + (journey.outbox is not None)
    states = [row["state"] for row in deliveries]
    yield from _unless(states == ["delivered"] * wanted, f"of {wanted} deliveries: {states}")
    posted = {(url, headers["webhook-id"], _LINK_LIFE.sub(b"", body)) for url, body, headers in stage.posts}
    urls = [url for url, *_ in posted]
    yield from _unless(urls == [journey.hears] * posts, f"posted: {posted}")
    about = all(job["pk"].encode() in body for _, body, _ in stage.posts)
    yield from _unless(about, f"posted of another job: {posted}")


def _outbox(stage: Stage, journey: Journey, job: Mapping[str, Any]) -> Iterator[str]:
    """The outbox has the film and what tells of it, or what went wrong."""
    lying = {key: body for key, body in stage.objects().items() if key.startswith("outbox/")}
    endings = {SUCCEEDED: (".json", ".mp4"), FAILED: (".error.json",)}.get(job["state"], ())
    wanted = [journey.outbox + ending for ending in endings] if journey.outbox else []
    yield from _unless(sorted(lying) == wanted, f"the outbox: {sorted(lying)}")
    films = [body for key, body in lying.items() if key.endswith(".mp4")]
    yield from _unless(not films or films == stage.upstream.media(), "the outbox's film is not the task's own")
    told = [body for key, body in lying.items() if key.endswith(".json")]
    yield from _unless(all(job["pk"].encode() in body for body in told), "the outbox tells of another job")


def _counted(stage: Stage, journey: Journey, job: Mapping[str, Any]) -> Iterator[str]:
    """What is counted against the tenant's caps is what the job has cost, by the price that its row says."""
    cost = float(job["price"]["amount"]) if journey.caps is not None and job["state"] == SUCCEEDED else 0
    yield from _unless(job.get("reserved_usd") is None, "what was reserved is not settled")
    for counted in _counts(stage.table.rows()):
        yield from _unless(abs(counted - cost) < SMALLEST_USD, f"the job cost {cost}, and {counted} is counted")


def _counts(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Return what is counted against caps: by the days, and by the months."""
    months = [row for row in rows if row["pk"].startswith("budget#") and "month" in row]
    days = [value for row in months for name, value in row.items() if name.startswith("day_")]
    return sum(days), sum(row["month"] for row in months)


def _before(stage: Stage, job: Mapping[str, Any]) -> Iterator[str]:
    """A job that was there before is as it was, and is the one that this one repeats."""
    now, before = (
        {(row["pk"], row["sk"]): row for row in rows if row["pk"].startswith("job_")}
        for rows in (stage.table.left(), stage.table.before)
    )
    yield from _unless(now == before, f"the job of before was {before}, and is {now}")
    repeated = [row["pk"] for row in before.values() if row["sk"] == "job"]
    yield from _unless([job.get("retry_of")] == (repeated or [None]), f"of {repeated}: {job.get('retry_of')}")


def _at_rest(stage: Stage, job: Mapping[str, Any]) -> Iterator[str]:
    """Nothing is left due, waiting, half written, given up, or not understood.

    A provider's failures are counted until its next success, whoever's that is; whose a task is, is kept for some weeks. A
    canceled job's place in its lane goes when it would be its turn, or by its TTL.
    """
    yield from stage.unfinished()
    for row in stage.table.rows():
        is_name = row["sk"] == "alias" and row["pk"].startswith("name#")
        is_health = row["sk"] == "health" and row["pk"].startswith("lane#")
        is_claim = row["sk"] == "claim" and row["pk"].startswith("task#") and "expires_at" in row
        is_place = job["state"] == CANCELED and row["sk"] == f"wait#{job['pk']}" and "expires_at" in row
        is_of_a_job = row["sk"].startswith(ALWAYS_LEFT) or is_name
        is_of_a_lane = is_health or is_place
        is_known = is_of_a_job or row["pk"].startswith("budget#") or is_of_a_lane or is_claim
        yield from _unless(is_known, f"left behind: {row['pk']} {row['sk']}")


# ---------------------------------------------------------------------------------------- jobs and elements that are gone


def _gone(stage: Stage) -> Iterator[str]:
    """Nothing is left of a job that was deleted but its idempotency key and what it has cost; nobody is told anything."""
    rows = [*stage.table.left(), *stage.table.rows()]
    left = [
        f"{row['pk']} {row['sk']}" for row in rows if row["sk"] != "idempotency" and not row["pk"].startswith("budget#")
    ]
    yield from _unless(not left, f"left behind: {left}")
    yield from _unless(not stage.objects(), f"left in the bucket: {sorted(stage.objects())}")
    yield from _unless(not stage.events and not stage.posts, f"told: {stage.events} {stage.posts}")


def _counted_as_before(stage: Stage) -> Iterator[str]:
    """What a job has cost counts after it was deleted as well, and after the night, in which all is counted anew."""
    before, now = _counts(stage.table.before), _counts([*stage.table.left(), *stage.table.rows()])
    is_same = all(abs(one - other) < SMALLEST_USD < one for one, other in zip(before, now, strict=True))
    yield from _unless(is_same, f"{before} was counted, and now {now}")


def _kept(stage: Stage) -> Iterator[str]:
    """An element was made once, is its caller's and at rest; the provider has the one that its row names."""
    rows = stage.table.rows()
    elements = [(row["state"], row["users"], row["provider_id"]) for row in rows if row["sk"] == "element"]
    there = [("ready", ["caller"], str(element["element_id"])) for element in stage.upstream.kept_elements()]
    yield from _unless(len(there) == 1, f"{len(there)} elements at the provider")
    yield from _unless(elements == there, f"the row says {elements}, the provider {there}")
    asked = stage.upstream.created(elements=True)
    yield from _unless(len(asked) == 1, f"asked for so many times: {len(asked)}")
    kinds = sorted(row["pk"].partition("#")[0].partition("_")[0] for row in rows)
    yield from _unless(kinds == ["definition", "el", "element-number", "elements", "key"], f"rows: {kinds}")


def _let_go(stage: Stage) -> Iterator[str]:
    """Of an element that its caller has let go of, nothing is left but its number, which is no other's, and its key."""
    left = sorted(row["pk"].partition("#")[0] for row in [*stage.table.left(), *stage.table.rows()])
    yield from _unless(left == ["element-number", "key"], f"left behind: {left}")
    there = stage.upstream.kept_elements()
    yield from _unless(not there, f"left at the provider: {there}")
