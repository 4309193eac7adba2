"""Where in the bucket what a job results in lies: `results/{tenant}/{yyyy}/{mm}/{dd}/{job}/{attempt}/`."""

from klingway.domain.ids import iso
from klingway.domain.job import Job


def job_prefix(job: Job) -> str:
    """Return how the keys of all of a job's files begin, whichever attempt they are of."""
    day = iso(job.created_at)[:10].replace("-", "/")
    return f"results/{job.tenant}/{day}/{job.id}/"


def attempt_prefix(job: Job) -> str:
    """Return how the keys of the files of a job's latest attempt begin."""
    return f"{job_prefix(job)}{job.attempt.number}/"
