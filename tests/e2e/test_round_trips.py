"""Every example of the four documents, asked for in its own dialect, at each of the four providers: there and back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from PIL import Image

from tests.conformance.harness import judge
from tests.e2e.caller import all_at_once, opened, seconds_of, wait_until
from tests.e2e.examples import EXAMPLES, PROVIDERS, Example, absolute
from tests.e2e.services import SERVICES
from tests.e2e.upstream import made_element

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    import httpx

    from local.simulators.receiver import Receiver
    from local.twin import Twin
    from tests.conformance.harness import Case
    from tests.e2e.services import Client

TENANT: Final = "round-trips"
UNKNOWN_ELEMENT: Final = "159"
"""An element of an example that Kling's official ones do not have: it stands for one of the caller's own."""


@dataclass(frozen=True)
class Trip:
    """An example at a provider."""

    example: Example
    provider: str

    @property
    def name(self) -> str:
        """Which."""
        return f"{self.example.dialect} at {self.provider}: {self.example.name}"

    @property
    def is_taken(self) -> bool:
        """Whether it is to be taken."""
        return self.provider not in self.example.refused


@dataclass
class Outcome:
    """What came of a trip."""

    case: Case
    """As it was asked for."""
    status: int
    said: Any
    task_id: str = ""
    end: Any = None
    job: dict[str, Any] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    """Of each film that its links open."""
    pictures: int = 0
    """How many pictures its links open."""


TRIPS: Final = [Trip(example, provider) for example in EXAMPLES for provider in PROVIDERS]
TAKEN: Final = [trip for trip in TRIPS if trip.is_taken]
REFUSED: Final = [trip for trip in TRIPS if not trip.is_taken]


@dataclass
class Travel:
    """All trips, made at once."""

    outcomes: Mapping[str, Future[Outcome]]
    created: Counter[str]
    """How many tasks each provider has made meanwhile."""
    jobs: int
    """How many jobs the tenant has."""


def asked_for(trip: Trip, receiver: Receiver, element: int) -> Case:
    """Return a trip's case with addresses that are there, and an id of the caller's own where the example has room for one."""
    text = json.dumps(absolute(dict(trip.example.case.body))).replace(f'"{UNKNOWN_ELEMENT}"', f'"{element}"')
    body: dict[str, Any] = json.loads(text)
    if body.get("callback_url"):
        body["callback_url"] = f"{receiver.url}/round-trips"
    if "external_task_id" in body:
        body["external_task_id"] = trip.name
    return replace(trip.example.case, body=body)


def made(trip: Trip, case: Case, client: Client, anybody: httpx.Client) -> Outcome:  # noqa: TID251 - a test's own
    """Make a trip."""
    answer = client.create(case.body, case.product, Klingway_Provider=trip.provider)
    outcome = Outcome(case, answer.status_code, answer.json())
    if answer.status_code == 200:
        follow(outcome, client, anybody)
    return outcome


def follow(outcome: Outcome, client: Client, anybody: httpx.Client) -> None:  # noqa: TID251 - a test's own
    outcome.task_id = client.service.task_id(outcome.said)
    outcome.end = client.success(outcome.task_id, outcome.case.product, pause_s=1)
    outcome.job = client.job(outcome.task_id)
    if outcome.job["kind"] == "video":
        outcome.seconds = [seconds_of(opened(anybody, link).read()) for link in client.service.films(outcome.end)]
        return
    for link in client.service.pictures(outcome.end):
        with Image.open(opened(anybody, link)) as picture:
            picture.load()
            outcome.pictures += 1


@pytest.fixture(scope="module")
def travel(
    twin: Twin,
    receiver: Receiver,
    clients_of: Callable[[str], dict[str, Client]],
    anybody: httpx.Client,  # noqa: TID251 - a test's own
) -> Travel:
    """All trips, made at once."""
    clients = clients_of(twin.issue_key(TENANT).api_key)
    element = made_element(twin.simulators["klingai"], "simulated-klingai-api-key")
    before = tasks(twin)

    def make(trip: Trip) -> Outcome:
        return made(trip, asked_for(trip, receiver, element), clients[trip.example.dialect], anybody)

    outcomes = all_at_once(make, {trip.name: trip for trip in TRIPS}, at_once=16)
    return Travel(outcomes, tasks(twin) - before, len(list(clients["klingai"].jobs())))


def tasks(twin: Twin) -> Counter[str]:
    """Return how many films and pictures each provider was asked for."""
    return Counter(
        name
        for name, simulator in twin.simulators.items()
        for task in simulator.tasks()
        if task["product"] != "element"
    )


def task_at_provider(twin: Twin, outcome: Outcome) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a job's only task at its provider, and the call that made it."""
    (attempt,) = outcome.job["attempts"]
    simulator = twin.simulators[attempt["provider"]]
    (task,) = [task for task in simulator.tasks() if task["task_id"] == attempt["task_id"]]
    (call,) = [call for call in simulator.requests() if call.get("task_id") == attempt["task_id"]]
    return task, call


def with_numbers(twin: Twin, provider: str, case: Case, upstream: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has to arrive, with the numbers of those elements that are made at the provider first."""
    described = [element["description"] for element in (case.body.get("input") or {}).get("elements", [])]
    if not described or "elements" not in twin.simulators[provider].looks():
        return dict(upstream)
    there: list[dict[str, Any]] = twin.simulators[provider].looks()["elements"]()  # type: ignore[assignment]
    numbers = {element["description"]: element["element_id"] for element in there}
    return {**upstream, "element_list": [{"element_id": numbers[text]} for text in described]}


@pytest.mark.parametrize("trip", TAKEN, ids=[trip.name for trip in TAKEN])
def test_it_arrives_as_the_providers_document_says(twin: Twin, travel: Travel, trip: Trip) -> None:
    """What the provider was sent is what the request comes to in its words; the ids and addresses in it are ours."""
    outcome = travel.outcomes[trip.name].result()
    assert outcome.status == 200, outcome.said
    task, call = task_at_provider(twin, outcome)
    expected = judge(trip.example.dialect, outcome.case, at=trip.provider)
    arrived = dict(task["body"])
    reference, callback_url = arrived.pop("external_task_id", None), arrived.pop("callback_url", None)

    assert trip.provider == outcome.job["provider"]
    assert (expected.path, "POST") == (call["path"], call["method"])
    assert with_numbers(twin, trip.provider, outcome.case, expected.upstream) == arrived
    assert reference in {None, f"{outcome.task_id}-1"}
    calls_back = trip.provider != "apimart"
    assert calls_back == str(callback_url).startswith(f"{twin.cloud.url}/callbacks/{outcome.task_id}-1/")
    assert [] == call["unknown_fields"]


@pytest.mark.parametrize("trip", TAKEN, ids=[trip.name for trip in TAKEN])
def test_it_comes_back_in_the_callers_dialect(travel: Travel, trip: Trip) -> None:
    """Success in that service's word; its links open without a key, and play as long as was asked or show a picture each.

    The end was learnt by callback from all who call back, and by asking APIMart, which does not.
    """
    outcome = travel.outcomes[trip.name].result()
    assert outcome.status == 200, outcome.said

    assert ("poll" if trip.provider == "apimart" else "callback") == outcome.job["learnt_by"]
    assert trip.example.pictures == outcome.pictures
    expected = [pytest.approx(trip.example.seconds, abs=0.1)] if trip.example.seconds else []
    assert expected == outcome.seconds


@pytest.mark.parametrize(
    "trip", [trip for trip in TAKEN if "external_task_id" in trip.example.case.body], ids=lambda trip: trip.name
)
def test_ids_of_the_callers_own_come_back(receiver: Receiver, travel: Travel, trip: Trip) -> None:
    """In the answer to the create, in that to the query, and in the callback, where one was asked for."""
    outcome = travel.outcomes[trip.name].result()
    ids = {"task_id": outcome.task_id, "task_info": {"external_task_id": trip.name}}

    assert ids == {name: outcome.said["data"][name] for name in ids}
    assert ids == {name: outcome.end["data"][name] for name in ids}
    if not outcome.case.body["callback_url"]:
        return

    def told() -> list[dict[str, Any]]:
        messages = [json.loads(message.body) for message in receiver.at("/round-trips")]
        return [message for message in messages if message["task_id"] == outcome.task_id]

    wait_until(lambda: bool(told()), 10, "the callback")
    assert [(ids, "succeed")] == [({name: said[name] for name in ids}, said["task_status"]) for said in told()]


@pytest.mark.parametrize("trip", REFUSED, ids=[trip.name for trip in REFUSED])
def test_what_a_provider_cannot_do_is_refused(travel: Travel, trip: Trip) -> None:
    """In that service's own form of an error, with the caller's own fields and the reason of each."""
    outcome = travel.outcomes[trip.name].result()
    service = SERVICES[trip.example.dialect]
    assert outcome.status != 200, outcome.said
    message = service.message(outcome.said)

    assert service.refusal(message) == (outcome.status, outcome.said)
    for place, words in trip.example.refused[trip.provider].items():
        assert place in message
        assert words in message


def test_nothing_is_made_besides(travel: Travel) -> None:
    """A task for each that was taken, none for any other, and no job of what was refused."""
    assert Counter(trip.provider for trip in TAKEN) == travel.created
    assert len(TAKEN) == travel.jobs


def test_each_pair_has_examples() -> None:
    """Each dialect has examples that each provider takes."""
    pairs = {(trip.example.dialect, trip.provider) for trip in TAKEN}

    assert {(dialect, provider) for dialect in SERVICES for provider in PROVIDERS} == pairs
