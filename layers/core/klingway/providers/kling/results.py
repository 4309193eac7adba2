"""How Kling's tasks stand, in our words: what they are at, what they have made, why they failed.

Source: the response bodies of the queries in Kling's API specification of 2026-02-10; the words for failures from Kling's
error table and the live service.
"""

from collections.abc import Sequence
from datetime import datetime

from klingway.domain.work import PROGRESS_WORDS
from klingway.providers.calls import failure, moment
from klingway.providers.contract import Failed, Media, Outcome, Running, Succeeded
from klingway.providers.kling.schema import PictureResult, TaskData, TaskResult


def outcome_of(data: TaskData) -> Outcome:
    """Return what came of a task that makes a video or pictures, as far as it has come."""
    if data.task_status == "failed":
        return Failed(error=failure(data.task_status_msg or ""))
    if data.task_status != "succeed":
        return Running(unknown_status=None if data.task_status in PROGRESS_WORDS else data.task_status)
    result = data.task_result or TaskResult()
    media = [*_films(result), *_pictures(result)]
    if not any(item.role in {"video", "image"} for item in media):
        # Successful without a film: asked again, it may be there; the deadline ends it.
        return Running(unknown_status="succeed without a result")
    return Succeeded(media=tuple(media))


def created_at(data: TaskData) -> datetime | None:
    """Return when a task was created, as far as its answer says."""
    return None if data.created_at is None else moment(data.created_at / 1000)


def reference_of(data: TaskData) -> str | None:
    """Return our reference, where the answer has it."""
    return data.task_info.external_task_id if data.task_info else None


def _films(result: TaskResult) -> list[Media]:
    """Return the film of a task, which makes one, and its watermarked copy."""
    films = [film for film in result.videos or [] if film is not None and film.url][:1]
    copies = [Media(film.watermark_url, "watermarked") for film in films if film.watermark_url]
    return [Media(film.url, "video") for film in films if film.url] + copies


def _pictures(result: TaskResult) -> list[Media]:
    """Return pictures and series alike, each with its number; one that stands in both lists counts once."""
    told = [picture for pictures in (result.images, result.series_images) for picture in pictures or [] if picture]
    found: dict[object, PictureResult] = {}
    for picture in told:
        found.setdefault(picture.url or picture.index, picture)
    numbered = _numbered(list(found.values()))
    copies = [Media(picture.watermark_url, "watermarked", n) for n, picture in numbered if picture.watermark_url]
    return [Media(picture.url, "image", n) for n, picture in numbered if picture.url] + copies


def _numbered(pictures: Sequence[PictureResult]) -> Sequence[tuple[int, PictureResult]]:
    """Return pictures with their numbers, from 1: by Kling's index, so that one without an address leaves its place empty.

    Kling's lists begin at 0, where they say so; one that begins elsewhere is counted from there. Where an index is missing
    or stands twice, their order counts.
    """
    indexes = [picture.index for picture in pictures if picture.index is not None]
    if not indexes or len(set(indexes)) < len(pictures):
        return list(enumerate(pictures, start=1))
    first = min(indexes)
    numbered = [(picture.index - first + 1, picture) for picture in pictures if picture.index is not None]
    return sorted(numbered, key=lambda pair: pair[0])
