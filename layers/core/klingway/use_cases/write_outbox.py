"""The outbox: files of the end of a job that came as a file, beside the name that its caller chose.

The film first and what tells of it last: whoever sees the `.json` finds the film. A try that is repeated writes the same.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from klingway.domain.deliveries import Answer, Delivery, Verdict
from klingway.domain.inbox import error_key
from klingway.domain.job import Job, State
from klingway.domain.views import error_to_json, job_to_json
from klingway.use_cases.ports import JobStore, MediaBucket

_ENDINGS: Final = {"video": "", "watermarked": ".watermarked"}
"""What a copy's name has before its extension, by the file's role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOutbox:
    """Writes to the outbox."""

    jobs: JobStore
    bucket: MediaBucket

    def send(self, delivery: Delivery, job: Job) -> Answer:
        """Copy the films and write the job to `<address>.json`, or what went wrong to `<address>.error.json`."""
        said = job_to_json(job, self.jobs.get_request(job.id), bucket=self.bucket.name)
        if job.state is State.SUCCEEDED:
            for key, name in _films(job):
                self.bucket.copy(key, delivery.address + name)
            self._write(f"{delivery.address}.json", said)
        else:
            self._write(error_key(delivery.address), _problem(job, said))
        return Answer(verdict=Verdict.DELIVERED)

    def _write(self, key: str, said: Mapping[str, Any]) -> None:
        body = json.dumps(said, ensure_ascii=False, indent=2).encode()
        self.bucket.store(key, iter([body]), content_type="application/json")


def _films(job: Job) -> Iterator[tuple[str, str]]:
    for file in job.files:
        if file.role in _ENDINGS:
            yield file.key, _ENDINGS[file.role] + PurePosixPath(file.name).suffix


def _problem(job: Job, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the end of a job that failed in the form of the API's problem answers, with the job."""
    error = error_to_json(job.error) or {}
    return {
        "type": "urn:klingway:job_failed",
        "title": "The job failed",
        "detail": error.get("message", ""),
        "problems": [],
        "error": error or None,
        "job": said,
    }
