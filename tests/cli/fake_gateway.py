"""A gateway that says what a test wants."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

KEY = "kwk_test_secret"
VIDEO = b"not really a video" * 1000


@dataclass
class Answer:
    """What the fake gateway says once."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    cut_at: int | None = None


@dataclass
class FakeGateway:
    """A server that says what a test wants: the answers of a path in order, the last one again and again."""

    url: str
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    seen: list[dict[str, Any]] = field(default_factory=list)

    def says(self, what: str, *answers: Answer) -> None:
        """Sets the answers to `METHOD /path`."""
        self.answers[what] = deque(answers)

    def answer(self, what: str) -> Answer:
        """Takes the next answer."""
        waiting = self.answers.get(what)
        if not waiting:
            return Answer(404, {"title": "Not found", "status": 404, "detail": f"no {what}", "problems": []})
        return waiting.popleft() if len(waiting) > 1 else waiting[0]

    def job(self, state: str = "succeeded", **more: Any) -> dict[str, Any]:
        """Returns a job as the API says it."""
        said: dict[str, Any] = {
            "id": "job_01J",
            "kind": "video",
            "state": state,
            "model": "kling-v3-omni",
            "provider": "klingai",
            "route_reason": "klingai: named by the caller",
            "reference": None,
            "request": {"prompt": "a [bold] fox"},
            "created_at": "2026-11-20T12:00:00.000Z",
            "updated_at": "2026-11-20T12:00:05.000Z",
            "finished_at": None,
            "learnt_by": None,
            "attempts": [
                {"number": 1, "provider": "klingai", "task_id": "7", "state": state, "tries": 1, "error": None}
            ],
            "price": None,
            "error": None,
            "warnings": [],
            "result": None,
        }
        if state == "succeeded":
            file = {
                "name": "video.mp4",
                "role": "video",
                "s3_uri": "s3://bucket/results/video.mp4",
                "url": f"{self.url}/v1/media/job_01J/video.mp4",
                "size_bytes": len(VIDEO),
                "sha256": hashlib.sha256(VIDEO).hexdigest(),
                "content_type": "video/mp4",
                "duration_s": 5.04,
                "width": 480,
                "height": 270,
            }
            said |= {
                "result": {"files": [file]},
                "learnt_by": "callback",
                "finished_at": "2026-11-20T12:00:05.000Z",
            }
        return said | more
