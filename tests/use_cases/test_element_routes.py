"""The canonical routes of elements: statuses, bodies, and how lists are asked for."""

from http import HTTPStatus
from typing import Any

import pytest
from klingway.api import elements as routes
from klingway.domain.elements import ElementState
from klingway.domain.errors import InvalidRequestError, NotFoundError
from klingway.domain.ids import Tenant
from klingway.use_cases.ports import IdempotencyKey

from tests.fakes.providers import NAME
from tests.use_cases.room import Room, described

ACME = Tenant("acme")
URL = "https://gateway.example"


@pytest.fixture
def room() -> Room:
    return Room()


def posted(room: Room, body: dict[str, Any], key: IdempotencyKey | None = None) -> dict[str, Any]:
    status, answer = routes.create(room.keep, ACME, body, key=key, public_url=URL)
    assert HTTPStatus.ACCEPTED is status
    return answer


def test_a_create_answers_the_element(room: Room) -> None:
    """202: it is being made; its id and number are known, the provider was the one asked for."""
    answer = posted(room, described("dog") | {"provider": NAME})

    (element,) = room.elements.rows.values()
    assert {
        "id": element.id,
        "number": element.element_number,
        "state": "making",
        "definition": described("dog"),
        "provider": NAME,
        "created_at": "2026-11-20T12:00:00.000Z",
        "error": None,
    } == answer


def test_a_create_under_a_key_is_answered_again(room: Room) -> None:
    """With the element of the first time."""
    key = IdempotencyKey(ACME, "k", "f", 4_102_444_800)

    assert posted(room, described("dog"), key)["id"] == posted(room, described("dog"), key)["id"]
    assert 1 == len(room.elements.rows)


@pytest.mark.parametrize("provider", [5, [], ["auto", NAME], "nobody", {}])
def test_a_provider_that_is_none(room: Room, provider: object) -> None:
    """A problem at `provider`, as in a request for a video."""
    with pytest.raises(InvalidRequestError) as error:
        posted(room, described("dog") | {"provider": provider})

    assert ["provider"] == [problem.field for problem in error.value.problems]


def test_a_body_that_says_nothing(room: Room) -> None:
    """What is missing is told."""
    with pytest.raises(InvalidRequestError) as error:
        posted(room, {})

    assert ["images"] == [problem.field for problem in error.value.problems]


def test_reading_one(room: Room) -> None:
    """By id or number; what is not there is not found."""
    answer = posted(room, described("dog"))

    for name in (answer["id"], str(answer["number"])):
        assert (HTTPStatus.OK, answer) == routes.one(room.keep, ACME, name)
    with pytest.raises(NotFoundError):
        routes.one(room.keep, Tenant("other"), answer["id"])


def test_a_list_in_parts(room: Room) -> None:
    """Twenty unless another limit is given; the cursor leads to the next part, None says that there is none."""
    made = []
    for number in range(23):
        made.insert(0, posted(room, described(f"dog_{number}"))["id"])
        room.clock.go_on(1)

    status, first = routes.many(room.keep, ACME, {})
    _, second = routes.many(room.keep, ACME, {"cursor": first["next_cursor"], "limit": "2"})
    _, third = routes.many(room.keep, ACME, {"cursor": second["next_cursor"], "limit": "50"})

    assert HTTPStatus.OK is status
    assert [made[:20], made[20:22], made[22:]] == [
        [element["id"] for element in part["elements"]] for part in (first, second, third)
    ]
    assert None is third["next_cursor"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"limit": "0"}, [("limit", "wrong_form")]),
        ({"limit": "51"}, [("limit", "wrong_form")]),
        ({"limit": "x"}, [("limit", "wrong_form")]),
        ({"limit": "\uff11"}, [("limit", "wrong_form")]),
        ({"cursor": "job_01JD4ZK8M0ABCDEFGHJKMNPQRS"}, [("cursor", "wrong_form")]),
        ({"cursor": ""}, [("cursor", "wrong_form")]),
        ({"state": "ready", "limit": "1000"}, [("state", "unknown_field"), ("limit", "wrong_form")]),
    ],
)
def test_a_list_that_cannot_be_made(room: Room, query: dict[str, str], expected: list[tuple[str, str]]) -> None:
    """Every problem at once; 50 is the most."""
    with pytest.raises(InvalidRequestError) as error:
        routes.many(room.keep, ACME, query)

    assert expected == [(problem.field, problem.code) for problem in error.value.problems]
    routes.many(room.keep, ACME, {"limit": "50"})


def test_deleting(room: Room) -> None:
    """By id or number; it says what was deleted, and from then on nothing is there."""
    element = room.kept()

    status, answer = routes.delete(room.keep, ACME, str(element.element_number))

    assert HTTPStatus.OK is status
    assert {"id": element.id, "number": element.element_number, "deleted": True} == answer
    assert ElementState.DELETING is room.element(element.id).state
    with pytest.raises(NotFoundError):
        routes.delete(room.keep, ACME, element.id)
