"""Callbacks about elements: the end of an element's making told at the `callback_url` of its create, at least once, one id."""

import json
from typing import Any

import pytest
from klingway.domain.deliveries import Delivery, DeliveryState
from klingway.domain.elements import CALLER, ElementState, KeptElement
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.job import Origin
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import ElementTask, Failed, Made
from standardwebhooks import Webhook

from tests.fakes.providers import NAME
from tests.use_cases.room import REFUSAL, Room, described, lost, refused

ACME = Tenant("acme")
URL = "https://shop.example/kling/callback"
ORIGIN = Origin(dialect=ProviderName(NAME), product="advanced-custom-elements", external_id="mine")
API_LIVES_S = 29


@pytest.fixture
def room() -> Room:
    return Room()


def asked(room: Room, name: str = "dog", **more: Any) -> KeptElement:
    """Have an element made in a dialect, with a callback address."""
    return room.keep_one(name, **{"origin": ORIGIN, "callback_url": URL} | more)


def made(room: Room) -> KeptElement:
    """Return an element that is made, and of which its caller is about to be called back."""
    return room.kept(origin=ORIGIN, callback_url=URL)


def delivery_about(room: Room, element: KeptElement) -> Delivery:
    """Return the only delivery about an element."""
    (delivery,) = room.deliveries.of(element.id)
    return delivery


def told(room: Room) -> list[tuple[str, dict[str, Any]]]:
    """Return what was posted, and where."""
    return [(url, json.loads(body)) for url, body, _ in room.receiver.posts]


def breaks_off_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
    """Have the process die the first time that something is called."""
    works = getattr(owner, name)
    calls: list[Any] = []

    def fail_at_first(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return works(*args, **kwargs)

    monkeypatch.setattr(owner, name, fail_at_first)


# --------------------------------------------------------------------------------------------------------- its end


def test_an_element_that_is_made_is_told_of(room: Room) -> None:
    """In the dialect's words, once; the element is at rest as without a callback."""
    element = made(room)

    assert 0 == room.try_delivery()

    assert [(URL, {"id": element.id, "state": "ready", "error": None})] == told(room)
    found = delivery_about(room, element)
    assert (DeliveryState.DELIVERED, "element.ready", URL) == (found.state, found.event, found.address)
    assert (None, []) == (room.element(element.id).due_at, room.queue.sent)


def test_it_is_signed_as_webhooks_are(room: Room) -> None:
    """With the tenant's secret, under an id that no delivery about a job has."""
    element = made(room)
    room.try_delivery()

    ((_, body, headers),) = room.receiver.posts
    signature = Webhook(room.keyring.webhook_secret("acme")).sign(headers["webhook-id"], room.clock(), body.decode())
    assert (f"msg_{element.id}_1_1", signature) == (headers["webhook-id"], headers["webhook-signature"])


@pytest.mark.parametrize("how", ["failed", "refused later", "lost and never made"])
def test_one_that_could_not_be_made_is_told_of(room: Room, how: str) -> None:
    """Whatever came in between: its caller was answered that it is being made."""
    if how == "refused later":
        room.registry.creations = [refused(retryable=True), refused()]
    elif how == "lost and never made":
        room.registry.creations, room.registry.effects = [lost() for _ in range(99)], [False] * 99
    else:
        room.registry.outcomes = [Failed(error=REFUSAL)]
    element = asked(room)
    assert not element.state.is_made
    room.drain()
    room.try_delivery()

    ((url, said),) = told(room)
    assert (URL, "failed") == (url, said["state"])
    assert said["error"]
    assert "element.failed" == delivery_about(room, element).event


def test_a_failure_is_told_as_soon_as_it_is_known(room: Room) -> None:
    """Of an element that the provider had accepted, no create is being answered any more."""
    room.registry.outcomes = [Failed(error=REFUSAL)]
    asked(room)

    assert [5, 0] == [room.arrive(), room.arrive()]
    assert [0] == [delay_s for _, delay_s in room.delivery_queue.sent]


def test_a_description_that_is_kept_alone_is_told_of_at_once(room: Room) -> None:
    """Where the provider keeps no elements there is nothing to wait for; a caller who waits for a callback gets it."""
    room.provider.elements = None
    element = asked(room)
    assert (ElementState.READY, int(room.clock().timestamp()) + 120) == (element.state, element.due_at)

    assert 0 == room.arrive()
    room.try_delivery()

    assert [(URL, {"id": element.id, "state": "ready", "error": None})] == told(room)
    assert (None, []) == (room.element(element.id).due_at, room.queue.sent)


def test_nobody_is_called_back_who_did_not_ask(room: Room) -> None:
    """A create in the canonical form, and an element that is made for a job, make no delivery."""
    room.kept()
    room.made("cat")

    assert ({}, []) == (room.deliveries.rows, room.delivery_queue.sent)


# ----------------------------------------------------------------------------------------------- refused at once


@pytest.mark.parametrize("how", ["refused", "failed in its answer"])
def test_a_refused_create_is_not_called_back(room: Room, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """It was answered as an error, after which the element is deleted: no work is done on it as long as that can take."""
    if how == "refused":
        room.registry.creations = [refused()]
    else:
        failed = ElementTask(task_id="t", handle={}, outcome=Failed(error=REFUSAL))
        monkeypatch.setattr(room.registry, "create", lambda *_, **__: failed)
    element = asked(room)
    ((work, delay_s),) = room.queue.sent
    assert (ElementState.FAILED, True) == (element.state, delay_s > API_LIVES_S)

    room.keep.delete(ACME, element.id)  # as the dialect does before it answers
    room.drain()
    room.do(work)

    assert ({}, {}, []) == (room.elements.rows, room.deliveries.rows, room.receiver.posts)


def test_a_refused_create_whose_answer_never_went_out_is_called_back(room: Room) -> None:
    """The process died in between: nobody has told its caller, whose element stands there as failed."""
    room.registry.creations = [refused()]
    element = asked(room)

    room.drain()
    room.try_delivery()

    assert ["failed"] == [said["state"] for _, said in told(room)]
    assert frozenset({CALLER}) == room.element(element.id).users


def test_a_job_hears_of_a_refusal_at_once(room: Room) -> None:
    """No create of an element is answered where nobody but jobs uses it."""
    room.registry.creations = [refused()]
    room.make(room.ask("dog"))

    assert [0] == [delay_s for _, delay_s in room.queue.sent]


# ----------------------------------------------------------------------------------------------- nothing twice, or lost


@pytest.mark.parametrize("at", ["before its row", "before its message"])
def test_a_process_that_dies_between_the_end_and_the_delivery(
    room: Room, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Either row falls due, the element's or the delivery's; there is one delivery and one post in the end."""
    part = {"before its row": (room.deliveries, "add"), "before its message": (room.delivery_queue, "send")}[at]
    breaks_off_once(monkeypatch, *part)
    with pytest.raises(KeyboardInterrupt):
        made(room)
    (element,) = room.elements.rows.values()
    assert ([], True) == (room.delivery_queue.sent, element.due_at is not None)

    room.fall_due(element)
    while room.poll():
        pass
    messages = [message for message, _ in room.delivery_queue.sent]
    for message in messages:
        room.deliver.run(message)

    assert 1 == len(room.receiver.posts)
    assert DeliveryState.DELIVERED is delivery_about(room, element).state
    assert None is room.element(element.id).due_at


def test_a_process_that_dies_once_an_element_is_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work that follows was never sent: the row falls due, and its caller is called back."""
    room.registry.outcomes = [Made(element_id="101")]
    element = asked(room)
    breaks_off_once(monkeypatch, room.queue, "send")
    with pytest.raises(KeyboardInterrupt):
        room.arrive()
    assert (ElementState.READY, {}) == (room.element(element.id).state, room.deliveries.rows)

    room.fall_due(element)
    room.try_delivery()

    assert [URL] == [url for url, _ in told(room)]


def test_a_process_that_dies_once_a_description_is_kept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is accepted, and falls due, whether or not the work could be sent."""
    room.provider.elements = None

    def down(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(room.queue, "send", down)
    element = asked(room)

    room.fall_due(element)
    room.try_delivery()

    assert [URL] == [url for url, _ in told(room)]


def test_work_that_is_repeated_makes_no_second_delivery(room: Room) -> None:
    """Neither the same message again, nor a callback of the provider, nor the daily looks at an element that jobs use."""
    room.registry.outcomes = [Made(element_id="101")]
    element = asked(room)
    room.arrive()
    ((work, _),) = room.queue.sent
    room.drain()
    room.try_delivery()

    room.do(work)
    room.nudge_element(element)
    job = room.submit({"prompt": "<<<element_1>>> runs", "duration_s": 5, "elements": [described("dog")]})
    assert element.id == job.elements[0].id
    for _ in range(3):
        room.fall_due(element)

    assert (1, 1, []) == (len(room.deliveries.rows), len(room.receiver.posts), room.delivery_queue.sent)


def test_a_nudge_alone_tells_nobody(room: Room) -> None:
    """The provider's callback finds the end; the work of the chain that follows from it tells."""
    room.registry.outcomes = [Made(element_id="101")]
    element = asked(room)
    room.queue.sent.clear()
    room.nudge_element(element)
    room.nudge_element(element)
    assert {} == room.deliveries.rows

    assert [(Work(kind=WorkKind.ELEMENT, id=element.id, number=room.element(element.id).number), 0)] == room.queue.sent
    room.arrive()
    assert DeliveryState.PENDING is delivery_about(room, element).state


def test_a_receiver_that_fails_is_tried_again(room: Room) -> None:
    """Under the same id, five seconds later; the log has both tries."""
    room.receiver.answers = [500, 200]
    element = made(room)

    assert [0, 5] == [room.try_delivery(), room.try_delivery()]

    assert 1 == len({headers["webhook-id"] for _, _, headers in room.receiver.posts})
    assert [500, 200] == [line.status for line in delivery_about(room, element).tries]


def test_one_that_is_deleted_meanwhile_is_told_of_no_more(room: Room) -> None:
    """Its caller has let go of it between two tries, be it that a job still uses it: the delivery ends, and is no failure."""
    room.receiver.answers = [500]
    first, second = made(room), room.kept("cat", callback_url=URL, origin=None)
    room.submit({"prompt": "<<<element_1>>> runs", "duration_s": 5, "elements": [described("dog")]})
    messages = [message for message, _ in room.delivery_queue.sent]
    room.delivery_queue.sent.clear()
    room.deliver.run(messages[0])
    for element in (first, second):
        room.keep.delete(ACME, element.id)
        room.fall_due(element)
    assert [first.id] == list(room.elements.rows)

    room.try_delivery()
    room.deliver.run(messages[1])

    assert [DeliveryState.GONE] * 2 == [delivery_about(room, element).state for element in (first, second)]
    assert [URL] == [url for url, _ in told(room)]


def test_one_that_is_deleted_before_is_not_told_of(room: Room) -> None:
    """Even where it stays, since a job uses it: it is its caller's no more."""
    room.registry.outcomes = [Made(element_id="101")]
    element = asked(room)
    room.submit({"prompt": "<<<element_1>>> runs", "duration_s": 5, "elements": [described("dog")]})
    room.keep.delete(ACME, element.id)
    room.drain()

    assert (ElementState.READY, {}) == (room.element(element.id).state, room.deliveries.rows)


def test_a_dialect_that_says_nothing_of_elements_ends_it(room: Room) -> None:
    """Another try would end the same."""
    room.dialect.elements = None
    element = made(room)
    room.try_delivery()

    assert ([], DeliveryState.FAILED) == (room.receiver.posts, delivery_about(room, element).state)
