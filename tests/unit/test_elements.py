"""Elements: what makes two descriptions the same, what a request describes, and where the provider's ids go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain import elements
from klingway.domain.elements import USABLE, ElementState, KeptElement
from klingway.domain.ids import ElementId, JobId, ProviderName, Tenant
from klingway.domain.job import JobElement

from tests.unit.builders import NOW, REFUSED, video_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from klingway.domain.elements import ElementChange

DOG = {"name": "dog", "description": "a brown dog", "images": ["https://x/1.png", "https://x/2.png"]}
CAT = {"name": "cat", "description": "a cat", "video": "https://x/cat.mp4"}
AT = NOW + timedelta(minutes=1)
IDS = [ElementId(f"el_01JD4ZK8M0ABCDEFGHJKMNPQR{letter}") for letter in "ST"]


def digest(tenant: str = "acme", provider: str = "klingai", account: str = "main", **definition: Any) -> str:
    return elements.digest_of(Tenant(tenant), ProviderName(provider), account, DOG | definition)


def test_the_same_description_has_the_same_digest() -> None:
    """Whatever the order of its fields; the text has the form of a SHA-256."""
    turned = dict(reversed(DOG.items()))

    assert digest() == elements.digest_of(Tenant("acme"), ProviderName("klingai"), "main", turned)
    assert 64 == len(digest())


def test_any_difference_is_another_element() -> None:
    """Tenant, provider, account, each field, and the order of the pictures: the first one is the frontal view."""
    told = [
        digest(),
        digest(tenant="other"),
        digest(provider="other"),
        digest(account="other"),
        digest(tenant="acmek", provider="lingai"),
        digest(name="Dog"),
        digest(description="a brown dog "),
        digest(images=["https://x/2.png", "https://x/1.png"]),
        digest(images=["https://x/1.png"]),
        digest(voice_id="1"),
        digest(tags=["o_102"]),
    ]

    assert len(told) == len(set(told))


def test_what_a_request_describes() -> None:
    """By index; what is named by id is not among it, and a request without elements describes none."""
    request = video_request(prompt="a", elements=[{"id": "160"}, DOG, {"id": "161"}, CAT])

    assert {1: "dog", 3: "cat"} == {index: element.name for index, element in elements.described_in(request).items()}
    assert {} == elements.described_in(video_request(prompt="a"))
    assert {} == elements.described_in(video_request(prompt="a", elements=[{"id": "160"}]))


def test_ids_take_the_places_of_descriptions() -> None:
    """Each at its own index; nothing else of the request changes, nor the request that was given."""
    request = video_request(prompt="a", elements=[DOG, {"id": "160"}, CAT], duration_s=5)
    made = [
        JobElement(index=2, id=IDS[0], provider_id="102"),
        JobElement(index=0, id=IDS[1], provider_id="101"),
    ]

    told = elements.with_ids(request, made).model_dump(exclude_unset=True)

    expected = [{"id": "101"}, {"id": "160"}, {"id": "102"}]
    assert {"prompt": "a", "duration_s": 5, "elements": expected} == told
    assert DOG == request.model_dump(exclude_unset=True)["elements"][0]


def test_what_is_not_made_stays_as_it_is() -> None:
    """A provider that takes descriptions gets them."""
    request = video_request(prompt="a", elements=[DOG, CAT])
    half = [JobElement(index=0, id=IDS[0], provider_id="101"), JobElement(index=1, id=IDS[1])]

    assert [{"id": "101"}, CAT] == elements.with_ids(request, half).model_dump(exclude_unset=True)["elements"]
    assert request == elements.with_ids(request, [])
    without = video_request(prompt="a")
    assert without == elements.with_ids(without, half)


def element(state: ElementState) -> KeptElement:
    return KeptElement(
        id=IDS[0],
        tenant=Tenant("acme"),
        provider=ProviderName("klingai"),
        account="main",
        digest=digest(),
        definition=DOG,
        public_url="https://gateway.example",
        state=state,
        created_at=NOW,
        updated_at=NOW,
        due_at=0,
        number=7,
        tries=2,
        users=frozenset({JobId("job_01JD4ZK8M0ABCDEFGHJKMNPQRS")}),
    )


WANTED, SUBMITTING, RUNNING = ElementState.WANTED, ElementState.SUBMITTING, ElementState.RUNNING
READY, FAILED, DELETING = ElementState.READY, ElementState.FAILED, ElementState.DELETING

# The change; the state of the element; from which it may come; to which it leads; the number it expects; due after.
TABLE: dict[
    str,
    tuple[
        Callable[[KeptElement], ElementChange],
        ElementState,
        set[ElementState],
        ElementState | None,
        int | None,
        float | None,
        dict[str, Any],
    ],
] = {
    "begin": (
        lambda asked: elements.begin(asked, at=AT, handle={"path": "/e"}, due_at=AT + timedelta(seconds=70)),
        WANTED, {WANTED}, SUBMITTING, 7, 70, {"handle": {"path": "/e"}, "tries": 3},
    ),
    "put_back": (
        lambda asked: elements.put_back(asked, at=AT, after_s=4), SUBMITTING, {SUBMITTING}, WANTED, 7, 124, {},
    ),
    "accept": (
        lambda asked: elements.accept(asked, at=AT, handle={"task_id": "1"}, after_s=5),
        SUBMITTING, {SUBMITTING}, RUNNING, None, 125, {"handle": {"task_id": "1"}},
    ),
    "wait": (lambda asked: elements.wait(asked, at=AT, after_s=5), RUNNING, {RUNNING}, None, 7, 125, {}),
    "wait before a deletion": (
        lambda asked: elements.wait(asked, at=AT, after_s=60), DELETING, {DELETING}, None, 7, 180, {},
    ),
    "make_ready": (
        lambda _: elements.make_ready(at=AT, provider_id="101"),
        RUNNING, {SUBMITTING, RUNNING}, READY, None, 120, {"provider_id": "101"},
    ),
    "fail": (
        lambda asked: elements.fail(asked, at=AT, error=REFUSED), WANTED, {WANTED}, FAILED, None, 120, {"error": REFUSED},
    ),
    "begin_deleting": (
        lambda asked: elements.begin_deleting(asked, at=AT),
        READY, {READY}, DELETING, None, 120, {"deleting_since": AT},
    ),
    "rest": (lambda asked: elements.rest(asked, at=AT), READY, {READY}, None, 7, None, {}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "state", "allowed_from", "to_state", "expected_number", "due_after_s", "values"),
    TABLE.values(),
    ids=TABLE.keys(),
)
def test_a_changes_states_number_and_due_time(
    change: Callable[[KeptElement], ElementChange],
    state: ElementState,
    allowed_from: set[ElementState],
    to_state: ElementState | None,
    expected_number: int | None,
    due_after_s: float | None,
    values: dict[str, Any],
) -> None:
    """One conditional write: where from, where to, which number it expects, when it is due, and what is written with it."""
    made = change(element(state))
    due_at = None if due_after_s is None else AT + timedelta(seconds=due_after_s)

    assert (allowed_from, to_state, expected_number) == (made.allowed_from, made.to_state, made.expected_number)
    assert (AT, due_at, values) == (made.at, made.due_at, made.values)


def test_only_deletion_and_rest_ask_who_uses_it() -> None:
    """Nobody may, from a deletion on; what rests is held by its caller alone."""
    asked = {name: change(element(state)).if_users for name, (change, state, *_) in TABLE.items()}

    assert {"begin_deleting": frozenset(), "rest": frozenset({"caller"})} == {
        name: users for name, users in asked.items() if users is not None
    }


def test_only_what_its_caller_alone_holds_is_not_due() -> None:
    """A change that would leave anything else to nobody cannot be made."""
    at_rest = elements.rest(element(READY), at=AT)

    for users in (None, frozenset[str](), frozenset({"caller", "job_01JD4ZK8M0ABCDEFGHJKMNPQRS"})):
        with pytest.raises(ValueError, match="falls due"):
            replace(at_rest, if_users=users)


def test_a_new_element_is_wanted_by_whoever_asks_and_due_in_two_minutes() -> None:
    """Its digest is that of its description at that account."""
    asked = elements.wanted(
        DOG,
        tenant=Tenant("acme"),
        provider=ProviderName("klingai"),
        account="main",
        public_url="https://gateway.example",
        at=AT,
        user="caller",
    )

    assert (WANTED, digest(), DOG, {"caller"}) == (asked.state, asked.digest, asked.definition, asked.users)
    assert (AT, AT, int(AT.timestamp()) + 120) == (asked.created_at, asked.updated_at, asked.due_at)
    assert (0, 0, None, None) == (asked.number, asked.tries, asked.element_number, asked.origin)


def test_who_holds_an_element() -> None:
    """Its caller, as long as he is among its users; jobs do not."""
    used = element(READY)

    assert (False, True) == (used.is_held, replace(used, users=used.users | {"caller"}).is_held)


def test_what_can_be_joined_and_what_is_made() -> None:
    """Whoever wants an element that failed, or is being deleted, gets a new one; both ends of the making are ends."""
    assert {WANTED, SUBMITTING, RUNNING, READY} == USABLE
    assert {READY, FAILED} == {state for state in ElementState if state.is_made}
