"""What one tenant has, no other sees, changes, uses or is told of, at any route of the API; and keys open no more than they say.

The routes are those of the API's own description and of the dialects' own lists, so that a new one is tried as it comes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from klingway.api.openapi import document
from klingway.domain.callers import Scope
from klingway.domain.ids import ElementId, JobId
from klingway.domain.job import Origin
from klingway.domain.keys import ApiKey
from klingway.providers import registry
from klingway.providers.dialects import Action

from tests.component.caller import Api
from tests.component.world import KEPT, STORED, World, functions_handler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from klingway.domain.ids import ProviderName

OWNER: Final = ApiKey("sampleevents", "sample")
STRANGER: Final = ApiKey("stranger", "somebodyelse")
ONE_SCOPE: Final = {scope: ApiKey(scope.value, "sample", scopes=frozenset({scope})) for scope in Scope}
NO_JOB: Final = JobId("job_01KAGZ8Q00SAMP1EN0SXCHJ0B0")
NO_ELEMENT: Final = "el_01KAGZ8Q00SAMP1EN0SXCHE1EM"
THEIR_NUMBER, NO_NUMBER = 10**15 + 4, 10**15 + 999


class Route(NamedTuple):
    """A method of a path, as the description or a dialect names it."""

    method: str
    path: str


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API, with keys of two tenants, and keys of the first that have one scope each."""
    for key in (STRANGER, *ONE_SCOPE.values()):
        world.keys.add(key)
    return Api(functions_handler("api", world, monkeypatch))


def rows(world: World) -> list[str]:
    """All that is in the table."""
    table = world.deployment.outputs["TableName"]
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sorted(json.dumps(item, sort_keys=True) for page in pages for item in page["Items"])


def operations() -> Iterator[tuple[Route, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, said in methods.items():
            yield Route(method.upper(), path), said


NAMED: Final = [route for route, said in operations() if "{" in route.path and said.get("security") != []]
"""What asks for one thing by its name. Links to media need no key: their signature names the file."""


def at(route: Route, job: str, element: str) -> str:
    return route.path.replace("{job_id}", job).replace("{element_id}", element)


def test_whatever_is_named_of_another_tenant_is_as_unknown_as_none(world: World, api: Api) -> None:
    """The very answer that a name of nothing gets, and nothing has changed; the owner is answered otherwise."""
    before = rows(world)
    assert {"{job_id}", "{element_id}"} == {route.path.split("/")[3] for route in NAMED}

    for route in NAMED:
        theirs = api.call(STRANGER, route.method, at(route, STORED, KEPT))
        nothing = api.call(STRANGER, route.method, at(route, NO_JOB, NO_ELEMENT))
        masked = theirs.text.replace(STORED, NO_JOB).replace(KEPT, NO_ELEMENT)
        assert (route, 404, nothing.text) == (route, theirs.status, masked)
    assert before == rows(world)

    for route in sorted(NAMED, key=lambda route: route.method == "DELETE"):
        assert api.call(OWNER, route.method, at(route, STORED, KEPT)).status != 404, route


def test_lists_have_what_is_ones_own(api: Api) -> None:
    """Jobs, elements and whatever dialects list: everything of the owner's, nothing to somebody else."""
    for path in ("/v1/jobs", "/v1/elements"):
        (name,) = {"jobs", "elements"} & api.call(OWNER, "GET", path).json().keys()
        assert api.call(OWNER, "GET", path).json()[name] != []
        assert api.call(STRANGER, "GET", path).json()[name] == []

    path = "/klingai/v1/general/advanced-custom-elements"
    assert len(api.call(OWNER, "GET", path).json()["data"]) == 2
    assert api.call(STRANGER, "GET", path).json()["data"] == []


def spoken() -> Iterator[tuple[ProviderName, Any]]:
    for name in registry.names():
        for endpoint in registry.dialect_of(name).endpoints:
            yield name, endpoint


def test_no_dialect_tells_of_another_tenants_things(world: World, api: Api) -> None:
    """By our id and by the caller's own: what a name of nothing is answered; its owner sees it there."""
    stored, kept = world.jobs.get(STORED), world.elements.get(KEPT)
    assert stored is not None
    assert kept is not None
    asked = [(name, each) for name, each in spoken() if "{id}" in each.path]
    assert registry.names() == tuple(dict.fromkeys(name for name, _ in asked))

    for number, (name, endpoint) in enumerate(asked, start=1):
        origin = Origin(dialect=name, product=endpoint.product, external_id=f"mine {number}")
        if endpoint.action is Action.READ_ELEMENT:
            element = replace(kept, id=ElementId(f"{KEPT[:-4]}{number:04d}"), origin=origin, element_number=number)
            world.elements.create(replace(element, digest=f"copy {number}"), None)
            names = {element.id: NO_ELEMENT}
        else:
            job = replace(stored, id=JobId(f"{STORED[:-4]}{number:04d}"), origin=origin)
            world.jobs.create(job, {"prompt": "a fox", "model": "kling-v3-omni"}, None)
            names = {job.id: NO_JOB, f"mine {number}": f"none {number}"}
        for theirs, nobodys in names.items():
            path = f"/{name}{endpoint.path}"
            told = api.call(STRANGER, endpoint.method, path.replace("{id}", theirs))
            nothing = api.call(STRANGER, endpoint.method, path.replace("{id}", nobodys))
            assert (path, nothing.status) == (path, told.status)
            assert nothing.text.replace(nobodys, "?") == told.text.replace(theirs, "?"), path
            own = api.call(OWNER, endpoint.method, path.replace("{id}", theirs))
            assert (own.status, own.text) != (told.status, told.text.replace("?", theirs)), path
            assert own.status in {200, 302}, (path, own)


def test_no_dialect_deletes_another_tenants_element(world: World, api: Api) -> None:
    """As with a number that nobody has; the element stays."""
    before = rows(world)
    paths = [f"/{name}{each.path}" for name, each in spoken() if each.action is Action.DELETE_ELEMENT]
    assert paths

    for path in paths:
        theirs = api.call(STRANGER, "POST", path, {"element_id": THEIR_NUMBER})
        nothing = api.call(STRANGER, "POST", path, {"element_id": NO_NUMBER})
        assert (theirs.status, theirs.text.replace(str(THEIR_NUMBER), str(NO_NUMBER))) == (nothing.status, nothing.text)
    assert before == rows(world)


def test_another_tenants_element_cannot_be_used(world: World, api: Api) -> None:
    """A request that names it by our id is refused, as with an id of nothing, and costs nothing."""
    before = rows(world)

    def using(element_id: str) -> dict[str, Any]:
        return {"prompt": "<<<element_1>>> runs", "duration_s": 5, "elements": [{"id": element_id}]}

    theirs = api.call(STRANGER, "POST", "/v1/videos", using(KEPT))
    nothing = api.call(STRANGER, "POST", "/v1/videos", using(NO_ELEMENT))

    assert (422, nothing.text) == (theirs.status, theirs.text.replace(KEPT, NO_ELEMENT))
    assert before == rows(world)


def test_an_idempotency_key_is_its_tenants_own(api: Api) -> None:
    """The same key and body of two tenants are two jobs, each seen by one."""
    body = {"prompt": "a fox", "duration_s": 5, "reference": "order-42"}

    first = api.call(OWNER, "POST", "/v1/videos", body, idempotency_key="order-42")
    again = api.call(OWNER, "POST", "/v1/videos", body, idempotency_key="order-42")
    other = api.call(STRANGER, "POST", "/v1/videos", body, idempotency_key="order-42")

    assert [202, 202, 202] == [first.status, again.status, other.status]
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert "idempotent-replayed" not in other.headers
    found = api.call(STRANGER, "GET", "/v1/jobs?reference=order-42").json()["jobs"]
    assert [other.json()["id"]] == [job["id"] for job in found]


def test_a_media_link_opens_the_one_file_that_it_was_made_for(world: World, api: Api) -> None:
    """Put to another job, to another file, or lengthened, its signature is worth nothing."""
    stored = world.jobs.get(STORED)
    assert stored is not None
    other = replace(stored, id=JobId("job_01KAGZ8Q00SAMP1E0THERS0000"))
    world.jobs.create(other, {"prompt": "a fox", "model": "kling-v3-omni"}, None)
    link = api.call(OWNER, "GET", f"/v1/jobs/{STORED}").json()["result"]["files"][0]["url"]
    path = f"{urlsplit(link).path}?{urlsplit(link).query}"
    query = dict(parse_qsl(urlsplit(link).query))

    assert api.call(None, "GET", path).status == 302
    for changed in (
        path.replace(STORED, other.id),
        path.replace("video.mp4", "job.json"),
        path.replace(query["exp"], str(int(query["exp"]) + 1)),
        path.replace(query["sig"], query["sig"][:-1]),
        path.replace(query["sig"], ""),
    ):
        assert api.call(None, "GET", changed).status == 401, changed


def needed(route: Route) -> Scope:
    """What a route needs: seeing is one thing, whatever costs or changes another, and the tenant's secret a third."""
    if route.path == "/v1/webhook-secret":
        return Scope.ADMIN
    return Scope.READ if route.method == "GET" else Scope.SUBMIT


def test_a_key_opens_what_its_scope_says(world: World, api: Api) -> None:
    """Each route that asks for a key lets one scope pass, and answers 403 to the two others before anything is done."""
    before = rows(world)
    closed = [(route, said) for route, said in operations() if said.get("security") != []]
    closed += [(Route(each.method, f"/{name}{each.path}"), None) for name, each in spoken()]

    for route, said in closed:
        path = at(route, STORED, KEPT).replace("{id}", STORED)
        scope = needed(route)
        for other in set(Scope) - {scope}:
            assert (route, 403) == (route, api.call(ONE_SCOPE[other], route.method, path, {}).status)
        if said is not None:
            assert (route, [{"key": [scope.value]}]) == (route, said["security"])
    assert before == rows(world)
    for route, _ in sorted(closed, key=lambda found: found[0].method == "DELETE"):
        path = at(route, STORED, KEPT).replace("{id}", STORED)
        status = api.call(ONE_SCOPE[needed(route)], route.method, path, {}).status
        assert status not in {401, 403}, (route, status)
