"""Where the end of a job is delivered to: a webhook, a file in the outbox."""

from dataclasses import dataclass
from typing import Final

JOB_SUCCEEDED: Final = "job.succeeded"
JOB_FAILED: Final = "job.failed"


@dataclass(frozen=True, slots=True)
class Target:
    """One place that wants to hear of a job."""

    kind: str
    """`webhook` or `outbox`."""
    address: str
    """The webhook's URL; for the outbox the key without its ending, `outbox/a/cat`."""
    events: tuple[str, ...]
    """Of `job.succeeded` and `job.failed`."""
