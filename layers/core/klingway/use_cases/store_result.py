"""Bring a finished attempt's media into the bucket, and only then call the job succeeded.

Run twice for one job it ends the same: the keys are the attempt's, and the last write is conditional.
"""

import hashlib
import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from klingway.domain import transitions
from klingway.domain.job import Job, State, StoredFile
from klingway.domain.request import AnyRequest, ImageRequest, VideoRequest, read_stored
from klingway.domain.results import attempt_prefix
from klingway.domain.views import job_to_json
from klingway.observability import count, logger
from klingway.providers.contract import Media, Succeeded
from klingway.use_cases.ports import JobStore, Measure, MediaBucket, MediaError, MediaSource, Now, StoredJob

DURATION_TOLERANCE_S: Final = 0.5
"""Kling's clips are some hundredths of a second longer than asked ("5.041" for 5)."""
ASPECT_TOLERANCE: Final = 0.03

FURTHER_FILE_WITHIN_S: Final = 45
"""A second file is begun only so early in a run that it can take its whole time; else it has a run of its own."""

OPTIONAL_TRIES: Final = 3
"""So often is a copy besides the film tried to be fetched before the job succeeds without it."""

_PROVENANCE: Final = "job.json"
_FILM: Final = "video"
_PICTURE: Final = "image"
_COPY: Final = "watermarked"
_LIKELY_TYPES: Final = {"video": "video/mp4", "image": "image/png"}
"""By the kind of job: what a file is taken for of which nothing is said."""
_EXTENSIONS: Final = {"video/mp4": ".mp4", "video/quicktime": ".mov", "image/jpeg": ".jpg", "image/png": ".png"}
_UNSAID: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class PartlyStoredError(Exception):
    """Some of a result could not be stored; try again."""

    def __init__(
        self, reason: str, files: Sequence[StoredFile], *, is_permanent: bool = False, is_copy: bool = False
    ) -> None:
        super().__init__(reason)
        self.files = tuple(files)
        """What is in the bucket already, and need not be fetched again."""
        self.is_permanent = is_permanent
        """Whether the same media would be refused again."""
        self.is_copy = is_copy or has_film(self.files)
        """Whether it is a copy alone that is missing: what was paid for is there."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """A file that could not be stored in a run, and whether it would be refused again."""

    media: Media
    reason: str
    is_permanent: bool
    was_tried: bool = True

    def is_waited_for(self, tries: int) -> bool:
        """Tell whether the job waits for it: the film or the pictures are what was paid for; a copy is not worth losing them."""
        return self.media.role != _COPY or tries <= OPTIONAL_TRIES or not self.was_tried


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreResult:
    """Stores results."""

    jobs: JobStore
    bucket: MediaBucket
    source: MediaSource
    measure: Measure
    now: Now

    def run(self, job: Job, result: Succeeded) -> Job:
        """Copy every file that is not there yet, write `job.json`, and end the job.

        Raises:
            PartlyStoredError: A file could not be fetched whole; nothing has ended, try again.
            ChangeRefusedError: Somebody else has ended the job.
        """
        files, warnings = self.fetch(job, result)
        return self.finish(job, files, warnings)

    def finish(self, job: Job, files: Sequence[StoredFile], warnings: Sequence[str]) -> Job:
        """Write `job.json` and end the job with the files that there are, the film among them.

        Raises:
            ChangeRefusedError: Somebody else has ended the job.
        """
        request = self.jobs.get_request(job.id)
        mismatch = mismatches(read_stored(job.kind, request), files)
        change = transitions.succeed(at=self.now(), files=files, result_mismatch=mismatch, warnings=warnings)
        done = replace(job, state=State.SUCCEEDED, updated_at=change.at, **change.values)
        provenance = self._store_provenance(attempt_prefix(job), done, request)
        return self.jobs.apply(job.id, replace(change, values={**change.values, "files": (*files, provenance)}))

    def fetch(self, job: Job, result: Succeeded) -> tuple[list[StoredFile], list[str]]:
        """Copy what is not there yet; return every file, in their order, and what is missing of the copies nobody waits for.

        Raises:
            PartlyStoredError: A file could not be fetched whole; try again.
        """
        wanted = result.media
        files = {PurePosixPath(file.name).stem: file for file in job.files}
        missing: list[_Missing] = []
        began = self.now()
        for media in _in_turn([media for media in wanted if media.stem not in files], job.store_tries):
            if (self.now() - began).total_seconds() > FURTHER_FILE_WITHIN_S:
                missing.append(
                    _Missing(media, "there was no time for a further file", is_permanent=False, was_tried=False)
                )
                break
            try:
                files[media.stem] = self._copy(job, media)
            except Exception as error:  # noqa: BLE001 - of whatever kind: told and counted, and others are to be had
                # One that cannot be had keeps no other from being stored while its link is good.
                missing.append(_Missing(media, *_reason(job, error)))
        order = dict.fromkeys([*(media.stem for media in wanted), *files])
        stored = [files[stem] for stem in order if stem in files]
        if waited_for := [one for one in missing if one.is_waited_for(job.store_tries)]:
            raise PartlyStoredError(
                "; ".join(dict.fromkeys(one.reason for one in waited_for)),
                stored,
                is_permanent=all(one.is_permanent for one in waited_for),
                is_copy=all(media.role == _COPY for media in wanted if media.stem not in files),
            )
        return stored, [f"the {one.media.role} copy could not be stored: {one.reason}" for one in missing]

    def _copy(self, job: Job, media: Media) -> StoredFile:
        with self.source.open(media.url) as opened:
            content_type = _content_type(opened.content_type, media.url, _LIKELY_TYPES[job.kind])
            name = media.stem + _EXTENSIONS.get(content_type, "")
            key = attempt_prefix(job) + name
            stored = self.bucket.store(key, opened.chunks, content_type=content_type)
        with self.bucket.open(key, stored.size_bytes) as file:
            measured = self.measure(file)
        if measured.is_truncated:
            raise MediaError("the media ended short: its container promises more than came")
        if measured.width is None or (job.kind == "video" and measured.duration_s is None):
            what = "film" if job.kind == "video" else "picture"
            raise MediaError(f"what came is no {what} ({content_type}, {stored.size_bytes} bytes)", is_permanent=True)
        return StoredFile(
            name=name,
            role=media.role,
            key=key,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            content_type=content_type,
            duration_s=measured.duration_s,
            width=measured.width,
            height=measured.height,
        )

    def tell_of(self, awaited: Job, stored: StoredJob) -> StoredFile:
        """Write `job.json` beside the files of an attempt that nobody waits for any more.

        Args:
            awaited: The job as if that attempt were waited for.
            stored: As it is, with what it has got late.
        """
        return self._store_provenance(attempt_prefix(awaited), stored.job, stored.request)

    def _store_provenance(self, prefix: str, job: Job, request: Mapping[str, Any]) -> StoredFile:
        said = job_to_json(job, request, bucket=self.bucket.name)
        body = json.dumps(said, ensure_ascii=False, indent=2).encode()
        key = prefix + _PROVENANCE
        self.bucket.store(key, iter([body]), content_type="application/json")
        return StoredFile(
            name=_PROVENANCE,
            role="provenance",
            key=key,
            size_bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            content_type="application/json",
        )


def has_film(files: Sequence[StoredFile]) -> bool:
    """Tell whether the film is among some files, of which a video job has one."""
    return any(file.role == _FILM for file in files)


def has_result(files: Sequence[StoredFile]) -> bool:
    """Tell whether some files hold a result, if perhaps not all of it: a film, or a picture at least."""
    return any(file.role in {_FILM, _PICTURE} for file in files)


def _in_turn(missing: Sequence[Media], tries: int) -> list[Media]:
    """Return what is missing, each run beginning with another file, lest one that hangs takes all of every run's time."""
    paid_for = [media for media in missing if media.role != _COPY]
    turn = (tries - 1) % len(paid_for) if paid_for else 0
    return [*paid_for[turn:], *paid_for[:turn], *(media for media in missing if media.role == _COPY)]


def _reason(job: Job, error: Exception) -> tuple[str, bool]:
    """Return why a file could not be stored, and whether it would be so again; what nobody expected is counted."""
    if isinstance(error, MediaError):
        return str(error), error.is_permanent
    count("StoringInterrupted", provider=job.provider)
    logger().error("storing interrupted", extra={"job_id": job.id, "error": type(error).__name__})
    return f"storing was interrupted ({type(error).__name__})", False


def mismatches(request: AnyRequest, files: Sequence[StoredFile]) -> list[str]:
    """Return what of the result is not as asked: `duration_s`, `aspect_ratio`, `count`; only what was asked is compared."""
    made = [file for file in files if file.role in {_FILM, _PICTURE}]
    found = _of_video(request, made[0]) if isinstance(request, VideoRequest) else _of_pictures(request, made)
    return list(found)


def _of_video(request: VideoRequest, video: StoredFile) -> Iterator[str]:
    asked_s = request.asked_duration_s
    if asked_s is not None and video.duration_s is not None and abs(video.duration_s - asked_s) > DURATION_TOLERANCE_S:
        yield "duration_s"
    if request.aspect_ratio is not None and not _has_sides(video, request.aspect_ratio):
        yield "aspect_ratio"


def _of_pictures(request: ImageRequest, pictures: Sequence[StoredFile]) -> Iterator[str]:
    if request.asked_count not in {"auto", len(pictures)}:
        yield "count"
    asked = request.aspect_ratio
    if asked not in {None, "auto"} and not all(_has_sides(picture, str(asked)) for picture in pictures):
        yield "aspect_ratio"


def _has_sides(file: StoredFile, aspect_ratio: str) -> bool:
    """Tell whether a file's sides are of this ratio, as nearly as encoders make them; one that says nothing may be."""
    if not file.width or not file.height:
        return True
    across, down = (int(part) for part in aspect_ratio.split(":"))
    return abs(file.width / file.height / (across / down) - 1) <= ASPECT_TOLERANCE


def _content_type(said: str, url: str, likely: str) -> str:
    """Return a file's content type; where the server did not say one, the one of the address's ending, or the likely one."""
    if said not in _UNSAID:
        return said
    return mimetypes.guess_type(PurePosixPath(urlsplit(url).path).name)[0] or likely
