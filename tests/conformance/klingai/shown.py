"""Jobs and elements as the gateway has them, of which the dialect is asked to tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from klingway.domain.elements import ElementState, KeptElement
from klingway.domain.ids import ElementId, JobId, ProviderName, Tenant
from klingway.domain.job import Job, JobError, Origin, State, StoredFile
from klingway.providers.dialects import ShownJob

if TYPE_CHECKING:
    from collections.abc import Mapping

KLINGAI, TENANT = ProviderName("klingai"), Tenant("acme")
JOB_ID, ELEMENT_ID = JobId("job_01JD4ZK8M0ABCDEFGHJKMNPQRS"), ElementId("el_01JD4ZK8M0ABCDEFGHJKMNPQRS")
CREATED = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
UPDATED = datetime(2026, 11, 20, 12, 1, 23, 456000, tzinfo=UTC)
CREATED_MS, UPDATED_MS = 1795176000000, 1795176083456
RISK = JobError(code="moderation_refused", message="Failure to pass the risk control system", retryable=False)


def file(name: str, role: str, **more: Any) -> StoredFile:
    """Return a stored file."""
    return StoredFile(
        name=name, role=role, key=f"results/{name}", size_bytes=1, sha256="ab" * 32, content_type="x/y", **more
    )


VIDEO, COPY = file("video.mp4", "video", duration_s=5.041), file("watermarked.mp4", "watermarked", duration_s=5.041)
PICTURES = tuple(file(f"image_{number}.png", "image") for number in (1, 2, 10))
MARKED = tuple(file(f"watermarked_{number}.png", "watermarked") for number in (1, 2, 10))
PROVENANCE = file("job.json", "provenance")


def job(
    state: State, *files: StoredFile, product: str = "omni-video", external_id: str | None = None, **more: Any
) -> Job:
    """Return a job that was asked for at one of Kling's endpoints."""
    kept: dict[str, Any] = {
        "id": JOB_ID,
        "tenant": TENANT,
        "kind": "image" if product in {"omni-image", "generations"} else "video",
        "model": "kling-v3-omni",
        "state": state,
        "provider": KLINGAI,
        "route": (KLINGAI,),
        "route_reason": "klingai: named by the caller",
        "created_at": CREATED,
        "updated_at": UPDATED,
        "deadline_at": UPDATED,
        "public_url": "https://gateway.example",
        "origin": Origin(dialect=KLINGAI, product=product, external_id=external_id),
        "files": files,
    }
    return Job(**(kept | more))


def shown(told: Job, request: Mapping[str, Any] | None = None) -> ShownJob:
    """Return what the dialect is given of a job."""
    links = {stored.name: f"https://gateway.example/v1/media/{stored.name}" for stored in told.files}
    return ShownJob(job=told, request=request or {"prompt": "a fox"}, links=links, links_end_at=UPDATED)


DOG: dict[str, Any] = {
    "name": "dog",
    "description": "a brown dog",
    "images": ["https://example.com/a.png", "https://example.com/b.jpg", "s3://bucket/inputs/acme/c.png"],
    "tags": ["o_103"],
}


def element(state: ElementState, definition: Mapping[str, Any] | None = None, **more: Any) -> KeptElement:
    """Return an element that a caller of this dialect had made."""
    kept = KeptElement(
        id=ELEMENT_ID,
        tenant=TENANT,
        provider=KLINGAI,
        account="account",
        digest="digest",
        definition=definition or DOG,
        public_url="https://gateway.example",
        state=state,
        created_at=CREATED,
        updated_at=UPDATED,
        due_at=0,
        provider_id="829836802793406551",
        element_number=4811234567890123,
        origin=Origin(dialect=KLINGAI, product="element", external_id="dog-1"),
    )
    return replace(kept, **more)
