"""Which endpoint of a dialect a path leads to, and which name it carries: as API Gateway gives paths, decoded once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from klingway.api.conversation import Call
from klingway.api.dialects import answer
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.keys import ApiKey, Keyring
from klingway.use_cases.ports import StoredJob

from tests.conformance.klingai.shown import State, job

if TYPE_CHECKING:
    from klingway.bootstrap import ApiServices

KLINGAI, EZMODEL = ProviderName("klingai"), ProviderName("ezmodel")
RING, KEY = Keyring(["the master secret"]), ApiKey("k1", "acme")


def asked_for(dialect: ProviderName, path: str) -> tuple[int, str]:
    """Return the status of a GET, and by which name a task was looked up; empty for none."""
    looked_up: list[str] = []
    jobs = SimpleNamespace(
        named=lambda _tenant, _dialect, name: looked_up.append(name),
        get_with_request=looked_up.append,
        numbered_page=lambda *_, **__: [StoredJob(job(State.RUNNING, tenant=Tenant("acme")), {})],
    )
    links = SimpleNamespace(of=lambda *_, **__: SimpleNamespace(by_name={}, end_at=None))
    services: Any = SimpleNamespace(
        keys=SimpleNamespace(get_key=lambda _: KEY, fresh_key=lambda _: KEY),
        keyring=lambda: RING,
        jobs=jobs,
        links=links,
        read_jobs=SimpleNamespace(content_of=None),
    )
    call = Call(
        method="GET",
        path=path,
        query={},
        headers={"authorization": f"Bearer {RING.api_key(KEY)}"},
        body=b"",
        public_url="https://gateway.example",
        request_id="r1",
    )
    reply = answer(dialect, call, cast("ApiServices", services))
    return reply.status, "".join(looked_up)


NO_TASK, NO_PATH = 400, 404


@pytest.mark.parametrize(
    "name",
    ["order 42", "ä", "50%off", "a%41", "a%2Fb", "a+b", "a#b", "project/42", "a//b", "/a", "content", "job_1"],
)
def test_a_name_is_taken_as_it_came(name: str) -> None:
    """Decoding it again would ask for another's task: `a%41` is not `aA`. Slashes belong to it."""
    assert (NO_TASK, name) == asked_for(KLINGAI, f"/v1/videos/omni-video/{name}")
    assert (NO_TASK, name) == asked_for(KLINGAI, f"/v1/videos/omni-video/{name}/")


@pytest.mark.parametrize("path", ["/v1/videos/omni-video", "/v1/videos/omni-video/"])
def test_without_a_name_it_is_the_list(path: str) -> None:
    """With a slash at its end or without one."""
    assert (200, "") == asked_for(KLINGAI, path)


def test_the_endpoint_that_says_more_is_meant() -> None:
    """EzModel's film of a task is no task whose name ends in `/content`."""
    job_id = "job_01JD4ZK8M0ABCDEFGHJKMNPQRS"

    assert (404, job_id) == asked_for(EZMODEL, f"/v1/videos/{job_id}/content")
    assert (NO_TASK, job_id) == asked_for(EZMODEL, f"/v1/videos/{job_id}")


@pytest.mark.parametrize(
    "path",
    ["", "/", "/v1", "/v1/videos", "/v1/videos/omni-video2", "/v2/videos/omni-video/a", "/v1//videos/omni-video/a"],
)
def test_other_paths_lead_nowhere(path: str) -> None:
    """Each has to fit from its beginning."""
    assert (NO_PATH, "") == asked_for(KLINGAI, path)
