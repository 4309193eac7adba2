"""What `klingway demo` does besides asking for media: each episode makes its calls in turn, and says what has to come of each."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters.dynamodb_keys import KEPT_S
from klingway.domain.budgets import Caps
from klingway.domain.callers import Scope
from klingway.use_cases.manage_keys import MAX_GRACE

from local.cli.checks import Check
from local.cli.client import ApiError, Gateway
from local.cli.following import TooLongError, follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local.cli.ways import Stage

_LONGEST_S: Final = 60.0
_LOOK_S: Final = 0.2

Line = tuple[str, Any, Any]
"""What is checked, what it has to be, and what it is."""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Calls in turn.

    Attributes:
        name: Of its rows in the report.
        title: What it shows.
        tasks: How many tasks at providers come of it.
        play: Makes the calls, and yields what each had to come to, and did.
    """

    name: str
    title: str
    tasks: int
    play: Callable[[Stage], Iterator[Line]]

    def checks(self, stage: Stage) -> Iterator[Check]:
        """Play it.

        Raises:
            ApiError: A call was refused that should not have been, or not answered.
            TooLongError: Something did not come about.
        """
        for what, expected, found in self.play(stage):
            yield Check(self.name, what, expected, found)


def _cancel(stage: Stage) -> Iterator[Line]:
    # A model that no scene asks for: its lane is this episode's alone. The first job tries again after 2, 4 and 8 s; the second
    # waits behind it and tries nothing, so that nothing can get in the way of its being canceled.
    asked = {"model": "kling-video-o1", "duration_s": 5, "provider": "klingai"}
    head = stage.gateway.submit({**asked, "prompt": "[sim:busy=3] [sim:generation=5] A queue at a bakery"})
    waiting = stage.gateway.submit({**asked, "prompt": "A queue at a bakery, seen from its end"})
    yield "both wait for room", ["queued", "queued"], [head["state"], waiting["state"]]

    canceled = stage.gateway.cancel(waiting["id"])
    yield "the second is canceled", "canceled", canceled["state"]
    yield "again is no mistake", canceled["id"], stage.gateway.cancel(waiting["id"])["id"]

    head = _running(stage, head)
    refused = _refused(lambda: stage.gateway.cancel(head["id"]))
    yield "the first is at the provider: 409", (409, "urn:klingway:already_submitted"), refused
    yield "and it is made", "succeeded", _ended(stage, head)["state"]
    yield "no task of the second", 0, len(stage.backstage.tasks_of(canceled))
    told = [name for name, _ in stage.backstage.events_of(canceled)]
    yield "one event on the bus, Job Canceled", ["Job Canceled"], told


def _retry(stage: Stage) -> Iterator[Line]:
    # The simulated account is empty once for each such prompt: at the retry somebody has topped it up.
    request = {"prompt": "[sim:refuse=402/402] A tram turns a corner", "duration_s": 3, "provider": "apimart"}
    failed = _ended(stage, stage.gateway.submit(request))
    found = (failed["state"], (failed["error"] or {}).get("code"))
    yield "fails: no money left at the provider", ("failed", "provider_balance_exhausted"), found

    again = stage.gateway.retry(failed["id"], idempotency_key=f"retry-of-{failed['id']}")
    of_first, of_second = (failed["id"], failed["request"]), (again["retry_of"], again["request"])
    yield "retried: a job of its own, of the same request", of_first, of_second
    repeated = stage.gateway.retry(failed["id"], idempotency_key=f"retry-of-{failed['id']}")
    yield "once more under the same key: no further job", again["id"], repeated["id"]

    ended = _ended(stage, again)
    yield "which succeeds", "succeeded", ended["state"]
    yield "one task at the provider", 1, len(stage.backstage.tasks_of(ended))
    yield "the first stays as it was", failed, stage.gateway.job(failed["id"])


def _delete(stage: Stage) -> Iterator[Line]:
    request = {"prompt": "A snowman in the sun", "model": "kling-v3", "duration_s": 3, "provider": "klingai"}
    job = stage.gateway.submit(request)
    yield "not before its end: 409", (409, "urn:klingway:not_ended"), _refused(lambda: stage.gateway.delete(job["id"]))

    ended = _ended(stage, job)
    yield "made", "succeeded", ended["state"]
    files = (ended["result"] or {"files": []})["files"]
    names = sorted(file["name"] for file in files)
    yield "its files", ["job.json", "video.mp4"], names
    yield "each in the bucket", names, _stored(stage, files)

    stage.gateway.delete(ended["id"])
    yield "deleted: 404", 404, _status(lambda: stage.gateway.job(ended["id"]))
    yield "no file in the bucket", [], _stored(stage, files)
    yield "no link leads anywhere", [None] * len(files), [stage.backstage.opened(file["url"]) for file in files]


def _keys(stage: Stage) -> Iterator[Line]:
    keys = stage.backstage.keys()
    shop = "demo-shop"
    owner, leaver = keys.issue(shop), keys.issue(shop)
    reader = keys.issue(shop, scopes=frozenset({Scope.READ}))
    yield "three keys open", [200] * 3, [_opens(stage, key.api_key) for key in (owner, reader, leaver)]
    with _with(stage, owner.api_key) as gateway:
        yield "another tenant's jobs are not seen", [], gateway.jobs()["jobs"]

    keys.revoke(leaver.key.key_id)
    revoked_at = time.monotonic()
    new = keys.rotate(owner.key.key_id, grace=MAX_GRACE)
    with _with(stage, reader.api_key) as gateway:
        request = {"prompt": "A shop window at night", "duration_s": 3}
        yield "a read key may not submit: 403", 403, _status(lambda: gateway.submit(request))
        yield "and nothing was made", [], gateway.jobs()["jobs"]

    # Functions that run keep a key in memory for so long: what is promised of revoked and of new ones holds from then on.
    stage.sleep(max(0.0, revoked_at + KEPT_S - time.monotonic()))
    yield "revoked: refused within a minute", 401, _opens(stage, leaver.api_key)
    opened = [_opens(stage, owner.api_key), _opens(stage, new.api_key)]
    yield "rotated: the new secret opens, and for a while the one before", [200, 200], opened


def _caps(stage: Stage) -> Iterator[Line]:
    tenant = "demo-capped"
    cap_usd = Decimal("0.40")
    key = stage.backstage.keys().issue(tenant)
    # Of a month, which ends more seldom than a day does while the demo runs.
    stage.backstage.set_caps(tenant, Caps(monthly_usd=cap_usd))
    request = {"prompt": "A piggy bank on a shelf", "model": "kling-v3", "duration_s": 3, "provider": "klingai"}
    with _with(stage, key.api_key) as gateway:
        first = gateway.submit(request)
        price = first["price"]["amount"]
        refusal = _refusal(lambda: gateway.submit(request))
        limits = {problem["code"]: problem.get("limit") for problem in refusal.problems} if refusal else {}
        figures = {"cap_usd": str(cap_usd), "spent_usd": price, "needed_usd": price}
        yield "beyond the cap: 402", 402, refusal and refusal.status
        yield f"with the figures: ${price} of ${cap_usd} spent, ${price} needed", {"monthly_cap": figures}, limits
        yield "it is reserved", (str(cap_usd), price), _budget(gateway)

        ended = _ended(stage, first, gateway)
        yield "the one within it is made", "succeeded", ended["state"]
        yield "no job of the other", [first["id"]], [job["id"] for job in gateway.jobs()["jobs"]]
        yield "and counts at its price", (str(cap_usd), price), _budget(gateway)


def _budget(gateway: Gateway) -> tuple[str, str]:
    said = gateway.budget()
    return said["monthly_cap_usd"], said["month_usd"]


def _with(stage: Stage, api_key: str) -> Gateway:
    return Gateway(stage.backstage.twin.cloud.url, api_key, sleep=stage.sleep)


def _opens(stage: Stage, api_key: str) -> int | None:
    with _with(stage, api_key) as gateway:
        return _status(gateway.jobs)


def _ended(stage: Stage, job: dict[str, Any], gateway: Gateway | None = None) -> dict[str, Any]:
    return follow(gateway or stage.gateway, job, timeout_s=_LONGEST_S, show=lambda _: None, sleep=stage.sleep)


def _running(stage: Stage, job: dict[str, Any]) -> dict[str, Any]:
    """Return a job once its provider has it.

    Raises:
        TooLongError: It does not get in.
    """
    end = time.monotonic() + _LONGEST_S
    while job["state"] != "running":
        if time.monotonic() > end:
            raise TooLongError
        stage.sleep(_LOOK_S)
        job = stage.gateway.job(job["id"])
    return job


def _stored(stage: Stage, files: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of those files that lie in the bucket."""
    keys = {file["name"]: file["s3_uri"].removeprefix("s3://").partition("/")[2] for file in files}
    return sorted(name for name, key in keys.items() if stage.backstage.object(key) is not None)


def _refusal(call: Callable[[], object]) -> ApiError | None:
    """Return how a call was refused; None where it was not.

    Raises:
        ApiError: Nobody answered.
    """
    try:
        call()
    except ApiError as error:
        if error.status is None:
            raise
        return error
    return None


def _refused(call: Callable[[], object]) -> tuple[int | None, str | None]:
    """Return the status and the type of a refusal."""
    refusal = _refusal(call)
    return (None, None) if refusal is None else (refusal.status, refusal.document["type"])


def _status(call: Callable[[], object]) -> int | None:
    """Return the status of a refusal; 200 where there was none."""
    refusal = _refusal(call)
    return 200 if refusal is None else refusal.status


EPISODES: Final = (
    Episode(
        name="cancel",
        title="a job that waits is canceled; one that a provider has cannot be",
        tasks=1,
        play=_cancel,
    ),
    Episode(name="retry", title="a failed job is asked for once more, and succeeds", tasks=1, play=_retry),
    Episode(name="delete", title="a job goes with its media, for good", tasks=1, play=_delete),
    Episode(
        name="keys",
        title="keys of a tenant: one that may only read, one rotated, one revoked, which holds within a minute",
        tasks=0,
        play=_keys,
    ),
    Episode(name="caps", title="a tenant may spend so much and no more", tasks=1, play=_caps),
)
