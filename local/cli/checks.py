"""What `klingway demo` holds against each of its scenes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import av

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from local.cli.scenes import Mistake, Scene
    from local.twin import Twin

TOLERANCE_S: Final = 0.1


@dataclass(frozen=True)
class Check:
    """Something that had to be, and what was."""

    scene: str
    what: str
    expected: Any
    found: Any

    @property
    def is_met(self) -> bool:
        """Whether it was as it had to be."""
        return bool(self.expected == self.found)


@dataclass
class Outcome:
    """What came of a scene: a job and its files, or a refusal."""

    job: dict[str, Any] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    refusal: dict[str, Any] = field(default_factory=dict)
    trouble: str = ""


def duration_of(path: Path) -> float:
    """Return a video's length in seconds; every picture of it is decoded, so that it surely plays.

    Raises:
        av.FFmpegError: It does not play.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        count = sum(1 for _ in container.decode(stream))
        rate = stream.average_rate
        if rate is None or not count:
            raise ValueError(f"{path.name} has no pictures")
        return float(count / rate)


def check_scene(twin: Twin, scene: Scene, outcome: Outcome) -> Iterator[Check]:
    """Compare a scene's outcome with what it had to be."""
    job = outcome.job
    yield Check(scene.name, "no trouble on the way", "", outcome.trouble)
    yield Check(scene.name, "state", "succeeded", job.get("state"))
    yield Check(scene.name, f"learnt by {scene.learnt_by}", scene.learnt_by, job.get("learnt_by"))
    if not job:
        return
    tasks = [
        task
        for simulator in twin.simulators.values()
        for task in simulator.tasks()
        if task["external_id"].startswith(job["id"])
    ]
    yield Check(scene.name, "one task at the provider", 1, len(tasks))
    told = [
        event["detail-type"]
        for event in twin.cloud.published_events(twin.cloud.outputs["EventBusName"])
        if event["detail"].get("job_id") == job["id"]
    ]
    yield Check(scene.name, "one event on the bus", ["Job Succeeded"], told)
    yield from _check_files(twin, scene, job, outcome.files)


def _check_files(twin: Twin, scene: Scene, job: Mapping[str, Any], paths: Sequence[Path]) -> Iterator[Check]:
    said = {file["name"]: file for file in (job.get("result") or {}).get("files", [])}
    yield Check(scene.name, "its two files", ["job.json", "video.mp4"], sorted(path.name for path in paths))
    for path in paths:
        data = path.read_bytes()
        file = said[path.name]
        yield Check(scene.name, f"size of {path.name}", file["size_bytes"], len(data))
        yield Check(scene.name, "its SHA-256", file["sha256"], hashlib.sha256(data).hexdigest())
        bucket, _, key = file["s3_uri"].removeprefix("s3://").partition("/")
        stored = twin.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        yield Check(scene.name, "the same in the bucket", True, stored == data)  # noqa: FBT003 - compared
        if path.suffix == ".mp4":
            try:
                duration_s = duration_of(path)
            except (av.FFmpegError, ValueError) as error:
                yield Check(scene.name, "plays", "yes", str(error))
                continue
            off_s = abs(duration_s - scene.duration_s)
            yield Check(
                scene.name,
                f"plays {scene.duration_s:g} s ± {TOLERANCE_S} s",
                True,  # noqa: FBT003 - compared
                off_s <= TOLERANCE_S or f"{duration_s:.3f} s",
            )


def check_mistake(mistake: Mistake, outcome: Outcome) -> Iterator[Check]:
    """Compare a refusal with what it had to be."""
    problems = outcome.refusal.get("problems", [])
    yield Check(mistake.name, "no trouble on the way", "", outcome.trouble)
    yield Check(mistake.name, "status 422", 422, outcome.refusal.get("status"))
    yield Check(
        mistake.name,
        "all its fields named, and no other",
        sorted(mistake.fields),
        sorted(said["field"] for said in problems),
    )
    mute = [said["field"] for said in problems if not said.get("message")]
    yield Check(mistake.name, "a message for each", [], mute)


def check_whole(twin: Twin, outcomes: Sequence[Outcome]) -> Iterator[Check]:
    """Check what holds for all scenes together: nothing more was submitted, and no work was given up."""
    jobs = [outcome.job for outcome in outcomes if outcome.job]
    tasks = sum(len(simulator.tasks()) for simulator in twin.simulators.values())
    yield Check("all", "no task at a provider besides", len(jobs), tasks)
    said = twin.cloud.client("sqs").get_queue_attributes(
        QueueUrl=twin.cloud.outputs["WorkDeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    yield Check("all", "no work given up", "0", said["Attributes"]["ApproximateNumberOfMessages"])
