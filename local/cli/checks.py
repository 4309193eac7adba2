"""What `klingway demo` holds against each of its scenes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import av
from PIL import Image, UnidentifiedImageError
from standardwebhooks import Webhook, WebhookVerificationError

from local.cli.services import SERVICES, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from local.cli.backstage import Backstage
    from local.cli.episodes import Episode
    from local.cli.scenes import Mistake, Scene

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
    """What came of a scene: a job and its files, or a refusal; of an episode, what was checked on the way."""

    job: dict[str, Any] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    refusal: dict[str, Any] = field(default_factory=dict)
    trouble: str = ""
    checks: list[Check] = field(default_factory=list)


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


def size_of(path: Path) -> tuple[int, int] | None:
    """Return a picture's width and height, all of it decoded; None where it is none."""
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture.size
    except (UnidentifiedImageError, OSError):
        return None


def check_scene(backstage: Backstage, scene: Scene, outcome: Outcome) -> Iterator[Check]:
    """Compare a scene's outcome with what it had to be."""
    job = outcome.job
    yield Check(scene.name, "no trouble on the way", "", outcome.trouble)
    yield Check(scene.name, "not refused", {}, outcome.refusal)
    yield Check(scene.name, "state", "succeeded", job.get("state"))
    if not job:
        return
    yield Check(scene.name, f"by {scene.provider}", scene.provider, job["provider"])
    yield Check(scene.name, f"learnt by {scene.learnt_by}", scene.learnt_by, job["learnt_by"])
    if scene.route_reason is not None:
        yield Check(scene.name, f"because of {scene.route_reason}", scene.route_reason, job["route_reason"])
    tasks = "one task at the provider" if scene.tasks == 1 else f"{scene.tasks} tasks at the providers"
    yield Check(scene.name, tasks, scene.tasks, len(backstage.tasks_of(job)))
    told = backstage.events_of(job)
    yield Check(scene.name, "one event on the bus", ["Job Succeeded"], [name for name, _ in told])
    given = scene.way.correlation_id
    what = "with its correlation id" if given else "with no correlation id"
    yield Check(scene.name, what, [given], [said for _, said in told])
    yield from _check_elements(backstage, scene, job)
    yield from _check_files(backstage, scene, job, outcome.files)
    yield from _check_outbox(backstage, scene, job)
    yield from _check_webhook(backstage, scene, job)
    yield from _check_service(backstage, scene, job)


def _check_service(backstage: Backstage, scene: Scene, job: Mapping[str, Any]) -> Iterator[Check]:
    """Ask for the job as a client of the service would in whose words it was asked for."""
    name = scene.way.service
    if name is None:
        return
    service = SERVICES[name]
    answer = backstage.spoken(name, service.read.format(id=job["id"]))
    yield Check(scene.name, f"told as {service.done}", service.done, said(answer, service.status))
    films = [file["sha256"] for file in (job["result"] or {}).get("files", []) if file["role"] == "video"]
    opened = _sha256(backstage.opened(said(answer, service.link)))
    yield Check(scene.name, "its link opens the film without a key", films, [opened])


def _check_elements(backstage: Backstage, scene: Scene, job: Mapping[str, Any]) -> Iterator[Check]:
    """Compare what was made first with what had to be, where that is nothing too."""
    elements = backstage.elements_of(job)
    nothing = "nothing made first"
    path = " → ".join(dict.fromkeys(scene.path)) or nothing
    yield Check(scene.name, path, list(scene.path), backstage.path_of(job))
    made = f"made: {', '.join(sorted(scene.elements))}" if scene.elements else nothing
    yield Check(scene.name, made, sorted(scene.elements), sorted(element["name"] for element in elements))
    ended_at = datetime.fromisoformat(job["finished_at"]).timestamp() if job["finished_at"] else None
    for element in elements:
        after = ended_at is not None and element["deleted_at"] is not None and element["deleted_at"] >= ended_at
        yield Check(scene.name, "each deleted after the end", ("deleted", True), (element["state"], after))


def _check_files(backstage: Backstage, scene: Scene, job: Mapping[str, Any], paths: Sequence[Path]) -> Iterator[Check]:
    known = {file["name"]: file for file in (job.get("result") or {}).get("files", [])}
    yield Check(scene.name, "its files", sorted(["job.json", *scene.files]), sorted(path.name for path in paths))
    for path in paths:
        data = path.read_bytes()
        file = known[path.name]
        yield Check(scene.name, f"size of {path.name}", file["size_bytes"], len(data))
        yield Check(scene.name, "its SHA-256", file["sha256"], _sha256(data))
        key = file["s3_uri"].removeprefix("s3://").partition("/")[2]
        yield Check(scene.name, "the same in the bucket", file["sha256"], _sha256(backstage.object(key)))
        if path.suffix == ".png":
            yield Check(scene.name, f"{path.name} is a picture", (file["width"], file["height"]), size_of(path))
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


def _check_outbox(backstage: Backstage, scene: Scene, job: Mapping[str, Any]) -> Iterator[Check]:
    address = scene.way.outbox
    if address is None:
        return
    digests = {file["name"]: file["sha256"] for file in (job["result"] or {}).get("files", [])}
    stored = _sha256(backstage.object(f"{address}.mp4"))
    yield Check(scene.name, f"{address}.mp4", digests.get("video.mp4", "a film"), stored)
    said = json.loads(backstage.object(f"{address}.json") or b"{}")
    yield Check(scene.name, f"{address}.json", (job["id"], "succeeded"), (said.get("id"), said.get("state")))
    yield Check(scene.name, "no error file", None, backstage.object(f"{address}.error.json"))


def _check_webhook(backstage: Backstage, scene: Scene, job: Mapping[str, Any]) -> Iterator[Check]:
    if scene.webhook is None:
        return
    messages = backstage.webhooks(scene.webhook)
    yield Check(scene.name, "one webhook", 1, len(messages))
    webhook = Webhook(backstage.webhook_secret())
    for message in messages:
        try:
            said = webhook.verify(message.body, dict(message.headers))
        except WebhookVerificationError as error:
            yield Check(scene.name, "its signature verified", "yes", str(error))
            continue
        about = (said["type"], said["data"]["job_id"])
        yield Check(scene.name, "its signature verified", ("job.succeeded", job["id"]), about)


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def check_mistake(mistake: Mistake, outcome: Outcome) -> Iterator[Check]:
    """Compare a refusal with what it had to be."""
    problems = outcome.refusal.get("problems", [])
    yield Check(mistake.name, "no trouble on the way", "", outcome.trouble)
    yield Check(mistake.name, "no job", None, outcome.job.get("id"))
    yield Check(mistake.name, "status 422", 422, outcome.refusal.get("status"))
    yield Check(
        mistake.name,
        "all its fields named, and no other",
        sorted(mistake.fields),
        sorted(said["field"] for said in problems),
    )
    mute = [said["field"] for said in problems if not said.get("message")]
    yield Check(mistake.name, "a message for each", [], mute)


def check_episode(episode: Episode, outcome: Outcome) -> Iterator[Check]:
    """Compare an episode with what it had to be: it was played to its end, and each call came to what it had to."""
    yield Check(episode.name, "no trouble on the way", "", outcome.trouble)
    yield from outcome.checks


def check_whole(backstage: Backstage, scenes: Sequence[Scene], episodes: Sequence[Episode]) -> Iterator[Check]:
    """Check what holds for all of it together: nothing more was submitted, and no work was given up."""
    wanted = sum(scene.tasks + len(scene.elements) for scene in scenes) + sum(episode.tasks for episode in episodes)
    yield Check("all", "no task at a provider besides", wanted, len(backstage.tasks()))
    given_up = backstage.given_up()
    yield Check("all", "no work given up", dict.fromkeys(given_up, 0), given_up)
