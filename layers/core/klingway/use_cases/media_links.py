"""Links to a job's files that need no key: our own addresses, signed, good for a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from klingway.domain.job import Job
from klingway.domain.keys import Keyring
from klingway.use_cases.ports import Now


@dataclass(frozen=True, slots=True)
class Links:
    """The links to a job's files, by file name, and the end of all of them."""

    by_name: Mapping[str, str]
    end_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLinks:
    """Makes links."""

    keyring: Callable[[], Keyring]
    now: Now
    life_hours: int
    """How long links live where nothing else was promised."""

    def of(self, job: Job, *, public_url: str, life_s: int | None = None) -> Links:
        """Return the links to a job's files; `life_s` is how long the service promises in whose words they are given out."""
        life = timedelta(hours=self.life_hours) if life_s is None else timedelta(seconds=life_s)
        end_at = (self.now() + life).replace(microsecond=0)
        expires_at = int(end_at.timestamp())
        return Links({file.name: self._link(job, file.name, public_url, expires_at) for file in job.all_files}, end_at)

    def _link(self, job: Job, name: str, public_url: str, expires_at: int) -> str:
        signature = self.keyring().media_signature(job.id, name, expires_at)
        query = urlencode({"exp": expires_at, "sig": signature})
        return f"{public_url}/v1/media/{job.id}/{quote(name)}?{query}"
