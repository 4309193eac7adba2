"""Elements that callers keep: made at once, theirs until they delete them, whatever breaks off in between."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from klingway.domain.capabilities import Capability, Limit
from klingway.domain.elements import CALLER, ElementState, KeptElement
from klingway.domain.errors import (
    AlreadyExistsError,
    InvalidRequestError,
    NotFoundError,
    ProviderRefusalError,
    TooLargeError,
    UnavailableError,
)
from klingway.domain.ids import ElementId, ProviderName, Tenant
from klingway.domain.job import JobError, Origin, State
from klingway.domain.measures import Measure
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, Made, ProviderError
from klingway.use_cases import keep_elements
from klingway.use_cases.ports import BusyError, IdempotencyKey

from tests.fakes.providers import NAME, ScriptedProvider, profile
from tests.use_cases.room import REFUSAL, Room, described, lost, refused

ACME, OTHER = Tenant("acme"), Tenant("other")
PICTURE = b"\x89PNG\r\n\x1a\n and so on"
IN_2100 = 4_102_444_800


@pytest.fixture
def room() -> Room:
    return Room()


def named(external_id: str, dialect: str = NAME) -> Origin:
    return Origin(dialect=ProviderName(dialect), product="advanced-custom-elements", external_id=external_id)


def problems(error: pytest.ExceptionInfo[InvalidRequestError]) -> list[tuple[str, str]]:
    return sorted((problem.field, problem.code) for problem in error.value.problems)


def limited(provider: ScriptedProvider, *limits: Limit, lacks: tuple[Capability, ...] = ()) -> None:
    """Set what a provider's model takes of elements."""
    model = provider.profile.models["kling-v3-omni"]
    supports = {capability: sure for capability, sure in model.supports.items() if capability not in lacks}
    provider.profile = replace(
        provider.profile, models={"kling-v3-omni": replace(model, limits=limits, supports=supports)}
    )


def inline(name: str = "inline") -> ScriptedProvider:
    """Return a provider that takes descriptions and keeps no elements."""
    return ScriptedProvider(profile=replace(profile(), name=name))


def a_key(fingerprint: str = "f") -> IdempotencyKey:
    return IdempotencyKey(ACME, "k", fingerprint, IN_2100)


# ---------------------------------------------------------------------------------------------------------- creating


def test_an_element_is_made_at_once(room: Room) -> None:
    """The provider is asked under our id; a number below 2^53 stands for it; the chain looks after it like any other."""
    element = room.keep_one(origin=named("mine"), callback_url="https://caller.example/hook")

    assert element == room.element(element.id)
    assert (ElementState.RUNNING, frozenset({CALLER}), NAME) == (element.state, element.users, element.provider)
    assert (described("dog"), named("mine")) == (element.definition, element.origin)
    assert "https://caller.example/hook" == element.callback_url
    assert element.element_number is not None
    assert 10**15 <= element.element_number < 2**53
    (wire,) = room.registry.created
    token = room.keyring.callback_token(element.id)
    assert (element.id, f"https://gateway.example/callbacks/{element.id}/{token}") == (
        wire.body["reference"],
        wire.body["callback_url"],
    )
    work, delay_s = room.queue.take()
    assert (Work(kind=WorkKind.ELEMENT, id=element.id, number=element.number), 5) == (work, delay_s)


def test_once_made_it_comes_to_rest(room: Room) -> None:
    """It is not due, there is no message about it, and nobody deletes it, however much time goes by."""
    element = room.kept()

    assert (ElementState.READY, "101", None) == (element.state, element.provider_id, element.due_at)
    assert [] == room.queue.sent
    room.clock.go_on(365 * 86_400)
    assert (0, []) == (room.poll(), room.registry.deleted)


def test_equal_descriptions_make_two_elements(room: Room) -> None:
    """As at the provider itself: each has its own id and number, and goes when it is deleted, not with the other."""
    first, second = room.kept(provider_id="101"), room.kept(provider_id="102")

    assert first.digest == second.digest
    assert first.element_number != second.element_number
    assert 2 == len(room.registry.created)
    room.keep.delete(ACME, first.id)
    room.arrive()
    assert (["101"], [second.id]) == (room.registry.deleted, list(room.elements.rows))


def test_a_number_that_was_given_out_is_drawn_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one of an element that is gone; where every draw is taken, nothing is accepted."""
    drawn = [10**15, 10**15, 10**15 + 1, *[10**15] * 5]
    monkeypatch.setattr(keep_elements, "new_element_number", lambda: drawn.pop(0))
    first = room.kept()
    room.keep.delete(ACME, first.id)
    room.arrive()

    second = room.keep_one()

    assert 10**15 + 1 == second.element_number
    with pytest.raises(UnavailableError):
        room.keep_one()
    assert [second.id] == list(room.elements.rows)


def test_pictures_inline_are_stored_and_the_provider_gets_links(room: Room) -> None:
    """The description names the objects; the links of the call are never stored."""
    text = base64.b64encode(PICTURE).decode()

    element = room.keep_one(fields={"images": [text, "https://x/2.png"]})

    (key,) = room.bucket.objects
    assert key.startswith("inputs/acme/")
    assert [f"s3://media-bucket/{key}", "https://x/2.png"] == element.definition["images"]
    link = f"https://bucket.example/{key}?expires_s=3600"
    assert [link, "https://x/2.png"] == room.registry.created[0].body["images"]


def test_too_much_inline_is_refused(room: Room) -> None:
    """Four megabytes of pictures are the most; nothing is stored."""
    text = base64.b64encode(PICTURE + bytes(4 * 1024 * 1024)).decode()

    with pytest.raises(TooLargeError):
        room.keep_one(fields={"images": [text, "https://x/2.png"]})

    assert ({}, {}) == (room.bucket.objects, room.elements.rows)


BROKEN: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "types": ({"name": 5, "images": [7]}, [("images[0]", "wrong_type"), ("name", "wrong_type")]),
    "an unknown field": ({"nam": "x"}, [("nam", "unknown_field")]),
    "neither images nor video": ({"images": None}, [("images", "incomplete")]),
    "images and video": ({"video": "https://x/v.mp4"}, [("images", "incomplete")]),
    "an id": ({"id": "160"}, [("id", "excluded")]),
    "an address of another scheme": ({"images": ["ftp://x/1.png", "https://x/2.png"]}, [("images[0]", "wrong_form")]),
    "another's object": (
        {"images": ["https://x/1.png", "s3://media-bucket/inputs/other/a.png"]},
        [("images[1]", "forbidden_address")],
    ),
    "half a character": ({"description": "\ud800"}, [("description", "wrong_form")]),
    "nested too deep": ({"tags": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}, [("tags", "too_deep")]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_description(room: Room, name: str) -> None:
    """Every problem at its place in the description, nothing written, nothing asked for."""
    fields, expected = BROKEN[name]

    with pytest.raises(InvalidRequestError) as error:
        room.keep_one(fields=fields)

    assert expected == problems(error)
    assert all("elements[0]" not in problem.message for problem in error.value.problems)
    assert ({}, [], {}) == (room.elements.rows, room.registry.created, room.bucket.objects)


def test_the_limits_of_its_provider_hold(room: Room) -> None:
    """At the limit it is taken; beyond, every problem is told, with whose rule it is."""
    limited(
        room.provider,
        Limit(of=Measure.ELEMENT_NAME_CHARS, maximum=3, source="the test"),
        Limit(of=Measure.ELEMENT_IMAGES, minimum=2, maximum=3, source="the test"),
        lacks=(Capability.ELEMENT_VOICES,),
    )

    with pytest.raises(InvalidRequestError) as error:
        room.keep_one("fish", fields={"images": ["https://x/1.png"], "voice_id": "v1"})

    assert [("images", "too_few"), ("name", "too_long"), ("voice_id", "unsupported")] == problems(error)
    assert {NAME} == {problem.provider for problem in error.value.problems}
    assert ElementState.RUNNING is room.keep_one("dog").state


def test_every_problem_at_once(room: Room) -> None:
    """Those of the description, the provider and the address to call back."""
    with pytest.raises(InvalidRequestError) as error:
        room.keep_one(fields={"name": ""}, provider="nobody", callback_url="http://localhost/hook")

    assert [("callback_url", "forbidden_address"), ("name", "too_short"), ("provider", "not_one_of")] == problems(error)


@pytest.mark.parametrize(
    ("url", "code"), [("gopher://x", "wrong_form"), ("https://x/" + "a" * 2039, "too_long"), ("", "wrong_form")]
)
def test_an_address_to_call_back_that_will_not_do(room: Room, url: str, code: str) -> None:
    """Of the form and the length of a webhook's."""
    with pytest.raises(InvalidRequestError) as error:
        room.keep_one(callback_url=url)
    assert [("callback_url", code)] == problems(error)

    assert room.keep_one(callback_url="https://x/" + "a" * 2038).callback_url


# ------------------------------------------------------------------------------------------------- which provider


def test_whoever_keeps_elements_is_preferred() -> None:
    """Left to the gateway, an element is made where elements are kept, be it second in its order."""
    keeper = ScriptedProvider(profile=replace(profile(), name="keeper"))
    room = Room(provider=inline(), others=[keeper])
    keeper.elements, room.provider.elements = room.registry, None

    assert ["keeper", "keeper"] == [room.keep_one(provider=asked).provider for asked in (None, "auto")]


def test_a_named_provider_makes_it() -> None:
    """The first that can, of several; one that keeps none as well."""
    other = inline()
    room = Room(others=[other])
    limited(room.provider, Limit(of=Measure.ELEMENT_NAME_CHARS, maximum=3, source="the test"))

    assert "inline" == room.keep_one(provider="inline").provider
    assert NAME == room.keep_one(provider=[NAME, "inline"]).provider
    assert "inline" == room.keep_one("fish", provider=[NAME, "inline"]).provider


def test_where_no_elements_are_kept_the_description_is(room: Room) -> None:
    """It is ready at once and at rest; nothing is asked for, and its deletion leaves nothing."""
    room.provider.elements = None

    element = room.keep_one()

    assert (ElementState.READY, None, None) == (element.state, element.due_at, element.provider_id)
    assert element.element_number is not None
    assert ([], []) == (room.registry.created, room.queue.sent)
    room.keep.delete(ACME, element.id)
    room.arrive()
    assert ({}, []) == (room.elements.rows, room.registry.deleted)


def test_without_a_credential_nothing_is_kept(room: Room) -> None:
    """There is no account at which it could be made."""
    room.provider.account = None

    with pytest.raises(InvalidRequestError) as error:
        room.keep_one()

    assert [("provider", "not_configured")] == problems(error)


class Forgetful(ScriptedProvider):
    """A provider whose credential is taken away between two looks at it."""

    @property
    def has_credential(self) -> bool:
        return True


def test_a_credential_that_goes_while_it_is_asked_for() -> None:
    """Nothing is accepted, and it can be tried again."""
    room = Room(provider=Forgetful(account=None))

    with pytest.raises(UnavailableError):
        room.keep_one()

    assert {} == room.elements.rows


# ---------------------------------------------------------------------------------------------- repeated, broken off


def test_the_same_external_id_twice_is_refused(room: Room) -> None:
    """As Kling does, in its words; no second element. In another dialect, or as another tenant, it is another."""
    room.keep_one(origin=named("mine"))

    with pytest.raises(AlreadyExistsError) as error:
        room.keep_one("cat", origin=named("mine"))

    assert "External_task_id mine already exists" == error.value.detail
    assert 1 == len(room.elements.rows) == len(room.registry.created)
    room.keep_one(origin=named("mine", "other"))
    room.keep_one(origin=named("mine"), tenant="other")


def test_jobs_and_elements_share_external_ids(room: Room) -> None:
    """Whichever was first."""
    room.submit(origin=replace(named("film"), product="omni-video"))
    room.keep_one(origin=named("dog"))

    with pytest.raises(AlreadyExistsError):
        room.keep_one(origin=named("film"))
    with pytest.raises(AlreadyExistsError):
        room.submit(origin=replace(named("dog"), product="omni-video"))


def test_the_same_key_makes_no_second_element(room: Room) -> None:
    """The first one comes back as it stands by now, even where it would be refused today."""
    first = room.keep_one(key=a_key())
    room.registry.outcomes = [Made(element_id="101")]
    room.arrive()

    again = room.keep_one(key=a_key())
    room.provider.account = None
    later = room.keep_one(key=a_key())

    assert {(first.id, ElementState.READY)} == {(element.id, element.state) for element in (again, later)}
    assert 1 == len(room.registry.created)


def test_a_key_with_another_body_is_a_mistake(room: Room) -> None:
    """Be it that of a job; and a job does not take an element's key for its own."""
    room.keep_one(key=a_key())
    with pytest.raises(InvalidRequestError) as error:
        room.keep_one("cat", key=a_key("g"))
    assert [("Idempotency-Key", "reused")] == problems(error)

    with pytest.raises(InvalidRequestError) as error:
        room.create.run(ACME, {"prompt": "a fox"}, key=a_key(), public_url="https://gateway.example")

    assert [("Idempotency-Key", "reused")] == problems(error)


def test_a_key_whose_element_was_deleted(room: Room) -> None:
    """It is not made again behind its caller's back, who is told to take a new key."""
    element = room.keep_one(key=a_key())
    room.keep.delete(ACME, element.id)

    with pytest.raises(InvalidRequestError) as error:
        room.keep_one(key=a_key())

    assert [("Idempotency-Key", "reused")] == problems(error)
    assert "was deleted" in error.value.problems[0].message


def test_a_process_that_dies_before_the_provider_is_asked(room: Room) -> None:
    """The row is there, due, with everything about it; the poller's work has it made, once."""

    def die(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    room.registry.render = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        room.keep_one(origin=named("mine"))
    room.registry = type(room.registry)()
    room.provider.elements = room.registry
    (element,) = room.elements.rows.values()
    assert (ElementState.WANTED, int(room.clock().timestamp()) + 120) == (element.state, element.due_at)
    assert element == room.keep.one(ACME, "mine", dialect=NAME)

    room.fall_due(element)

    assert ElementState.RUNNING is room.element(element.id).state
    assert [element.id] == [wire.body["reference"] for wire in room.registry.created]


def test_a_process_that_dies_while_the_provider_is_asked(room: Room) -> None:
    """Its row said `submitting`: what became of it is looked up, and no second one is asked for."""
    room.registry.creations, room.registry.effects = [KeyboardInterrupt()], [True]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        room.keep_one()
    (element,) = room.elements.rows.values()
    assert ElementState.SUBMITTING is element.state

    room.fall_due(element)

    assert (ElementState.RUNNING, 1) == (room.element(element.id).state, len(room.registry.created))


def test_a_defect_after_the_write_does_not_undo_it(room: Room) -> None:
    """The caller gets the element, which is accepted, as it stands."""
    room.registry.creations = [MemoryError()]

    element = room.keep_one()

    assert (ElementState.SUBMITTING, element) == (element.state, room.element(element.id))


def test_a_table_that_is_busy_accepts_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is told to try again."""

    def busy(*_: Any) -> None:
        raise BusyError("busy")

    monkeypatch.setattr(room.elements, "create", busy)

    with pytest.raises(UnavailableError):
        room.keep_one()

    assert [] == room.registry.created


@pytest.mark.parametrize("how", ["refused", "failed", "lost and never made"])
def test_one_that_cannot_be_made_is_shown_for_a_month(room: Room, how: str) -> None:
    """With the reason; then it is forgotten, its name and its place in the list with it."""
    if how == "refused":
        room.registry.creations = [refused()]
    elif how == "lost and never made":
        room.registry.creations, room.registry.effects = [lost() for _ in range(99)], [False] * 99
    else:
        room.registry.outcomes = [Failed(error=REFUSAL)]
    element = room.keep_one(origin=named("mine"))
    room.drain()
    failed = room.keep.one(ACME, element.id)
    assert (ElementState.FAILED, True) == (failed.state, failed.error is not None)
    assert failed.due_at is not None
    assert failed.due_at - element.created_at.timestamp() >= 30 * 86_400

    room.fall_due(failed)

    assert ({}, {}) == (room.elements.rows, room.jobs.names)
    assert [] == list(room.keep.many(ACME, skipped=0, limit=10))
    assert element.created_at + timedelta(days=30) <= room.clock() < element.created_at + timedelta(days=30, hours=1)


# ----------------------------------------------------------------------------------------------------------- reading


def test_one_is_found_by_its_names(room: Room) -> None:
    """By its id everywhere; by its number in the canonical form, by its external id in its dialect."""
    element = room.keep_one(origin=named("mine"))

    assert element == room.keep.one(ACME, element.id) == room.keep.one(ACME, element.id, dialect=NAME)
    assert element == room.keep.one(ACME, str(element.element_number))
    assert element == room.keep.one(ACME, "mine", dialect=NAME)


def not_there(room: Room) -> list[tuple[Tenant, str, ProviderName | None]]:
    element, job = room.keep_one(origin=named("mine")), room.submit(origin=replace(named("film"), product="omni-video"))
    made_for_a_job = ElementId(room.ask("cat").elements[0].id)
    return [
        (OTHER, element.id, None),
        (OTHER, str(element.element_number), None),
        (OTHER, "mine", NAME),
        (ACME, "mine", None),
        (ACME, "mine", ProviderName("elsewhere")),
        (ACME, str(element.element_number), NAME),
        (ACME, "film", NAME),
        (ACME, job.id, NAME),
        (ACME, made_for_a_job, None),
        (ACME, "el_01M7XQJEV0CNR8GVSAAKQ466HV", None),
        (ACME, "9007199254740991", None),
        (ACME, "160", None),
        (ACME, "", None),
    ]


@pytest.mark.parametrize("index", range(13))
def test_what_is_not_there_or_another_tenants(room: Room, index: int) -> None:
    """The answer is the same. In Kling's dialect a query takes the task's id and never the element's number."""
    tenant, name, dialect = not_there(room)[index]

    with pytest.raises(NotFoundError):
        room.keep.one(tenant, name, dialect=dialect)


def test_lists(room: Room) -> None:
    """A tenant's own, newest first, by number and by cursor; what is deleted is in none."""
    made = []
    for name in ("a", "b", "c", "d"):
        made.append(room.keep_one(name).id)
        room.clock.go_on(1)
    room.keep_one(tenant="other")
    room.keep.delete(ACME, made[2])
    newest_first = [made[3], made[1], made[0]]

    assert newest_first == [element.id for element in room.keep.many(ACME, skipped=0, limit=10)]
    assert newest_first[1:2] == [element.id for element in room.keep.many(ACME, skipped=1, limit=1)]
    first = room.keep.page(ACME, limit=2, after=None)
    second = room.keep.page(ACME, limit=2, after=first.next_after)
    assert (newest_first[:2], newest_first[2:]) == (
        [element.id for element in first.elements],
        [element.id for element in second.elements],
    )
    assert None is second.next_after


PRESETS = [{"task_id": str(number)} for number in range(5)]


def test_ready_made_elements_are_the_providers(room: Room) -> None:
    """As it says them, by pages; of whom is named, or of the first that keeps any."""
    room.registry.ready_made = PRESETS

    assert PRESETS[2:4] == list(room.keep.presets([NAME], number=2, size=2))
    assert PRESETS[4:] == list(room.keep.presets(NAME, number=3, size=2))
    assert PRESETS == list(room.keep.presets(None, number=1, size=30))


def test_whoever_has_a_credential_is_asked_for_ready_made_elements() -> None:
    """Another that keeps elements has to be named."""
    without = ScriptedProvider(profile=replace(profile(), name="without"), account=None)
    room = Room(provider=without, others=[ScriptedProvider()])
    room.others[0].elements = room.registry
    room.registry.ready_made = PRESETS

    assert PRESETS == list(room.keep.presets(["auto"], number=1, size=30))


def test_ready_made_elements_where_none_are_kept() -> None:
    """The problem says who keeps some."""
    room = Room(others=[inline()])

    with pytest.raises(InvalidRequestError) as error:
        room.keep.presets(["inline"], number=1, size=30)

    (problem,) = error.value.problems
    assert ("provider", "unsupported", [NAME]) == (problem.field, problem.code, problem.limit)


def test_ready_made_elements_that_the_provider_does_not_tell(room: Room) -> None:
    """Its refusal goes out, with its code."""
    error = JobError(code="provider_rate_limited", message="slow down", retryable=True)
    room.registry.ready_made = ProviderError(error, created=Created.NO)

    with pytest.raises(ProviderRefusalError) as refusal:
        room.keep.presets(None, number=1, size=30)

    assert ("provider_rate_limited", "slow down") == (refusal.value.code, refusal.value.detail)


# ---------------------------------------------------------------------------------------------------------- deleting


@pytest.mark.parametrize("by_number", [True, False])
def test_what_is_deleted_goes_from_the_provider_too(room: Room, *, by_number: bool) -> None:
    """The worker does it, at once; nothing is left but that its number was given."""
    element = room.kept(origin=named("mine"))

    deleted = room.keep.delete(ACME, str(element.element_number) if by_number else element.id)

    assert element == deleted
    work, delay_s = room.queue.take()
    assert (Work(kind=WorkKind.ELEMENT, id=element.id, number=room.element(element.id).number), 0) == (work, delay_s)
    room.do(work)
    assert (["101"], {}, {}, {}) == (
        room.registry.deleted,
        room.elements.rows,
        room.elements.aliases,
        room.jobs.names,
    )
    assert [element.id] == list(room.elements.numbers.values())


def test_what_is_deleted_is_gone_for_its_caller_at_once(room: Room) -> None:
    """A second deletion finds nothing; its external id can be used again; another tenant's deletes nothing."""
    element = room.kept(origin=named("mine"))
    with pytest.raises(NotFoundError):
        room.keep.delete(OTHER, element.id)
    room.keep.delete(ACME, element.id)

    for name, dialect in ((element.id, None), (str(element.element_number), None), ("mine", NAME)):
        with pytest.raises(NotFoundError):
            room.keep.one(ACME, name, dialect=dialect)
    with pytest.raises(NotFoundError):
        room.keep.delete(ACME, element.id)
    assert element.id != room.keep_one(origin=named("mine")).id


def test_two_that_delete_it_at_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both may say so; the provider is asked once."""
    element = room.kept()
    let_go = room.elements.let_go

    def overtaken(*asked: Any, **more: Any) -> KeptElement | None:
        monkeypatch.setattr(room.elements, "let_go", let_go)
        room.keep.delete(ACME, element.id)
        return let_go(*asked, **more)

    monkeypatch.setattr(room.elements, "let_go", overtaken)

    room.keep.delete(ACME, element.id)

    room.arrive()
    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_a_deletion_that_dies_half_way_is_made_good(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let go and not yet being deleted: the row is due in two minutes, though it was at rest."""
    element = room.kept()

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room.elements, "apply", die)
    with pytest.raises(KeyboardInterrupt):
        room.keep.delete(ACME, element.id)
    monkeypatch.undo()
    assert int(room.clock().timestamp()) + 120 == room.element(element.id).due_at

    room.fall_due(element)

    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_one_that_is_being_made_is_deleted_once_it_is(room: Room) -> None:
    """Its making cannot be stopped; its caller has seen the last of it."""
    element = room.keep_one()
    room.keep.delete(ACME, element.id)
    assert ElementState.RUNNING is room.element(element.id).state
    room.registry.outcomes = [Made(element_id="101")]

    room.drain()

    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_one_that_the_provider_had_no_room_for_is_not_made_any_more(room: Room) -> None:
    """It was refused for now; its caller has deleted it before the next try."""
    room.registry.creations = [refused(retryable=True)]
    element = room.keep_one()
    room.keep.delete(ACME, element.id)

    room.arrive()

    assert (1, {}) == (len(room.registry.created), room.elements.rows)


# ---------------------------------------------------------------------------------------------- with jobs that use it


def test_a_job_uses_what_its_caller_keeps_and_leaves_it(room: Room) -> None:
    """Submitted at once with the provider's id; the end of the job deletes nothing, and the element comes to rest again."""
    element = room.kept()

    job = room.ask("dog")

    assert (State.RUNNING, [{"id": "101"}]) == (job.state, room.provider.submitted[0].body["elements"])
    assert {CALLER, job.id} == room.element(element.id).users
    room.end(job)
    room.release(job)
    room.fall_due(element)
    assert ([], frozenset({CALLER}), None) == (
        room.registry.deleted,
        room.element(element.id).users,
        room.element(element.id).due_at,
    )


def test_a_lost_release_is_made_good(room: Room) -> None:
    """A job joined what was at rest: it is looked at once a day until no job uses it any more."""
    element = room.kept()
    job = room.ask("dog")
    joined = room.element(element.id)
    assert int(room.clock().timestamp()) + 86_400 + 120 == joined.due_at
    room.fall_due(element)
    assert (frozenset({CALLER, job.id}), True) == (
        room.element(element.id).users,
        room.element(element.id).due_at is not None,
    )
    room.end(job)

    room.fall_due(element)

    assert (frozenset({CALLER}), None) == (room.element(element.id).users, room.element(element.id).due_at)


def test_what_a_job_uses_is_deleted_at_its_end(room: Room) -> None:
    """The caller deletes it while the job runs: nothing is sent then, and the provider keeps it until the job has ended."""
    element = room.kept()
    job = room.ask("dog")

    room.keep.delete(ACME, element.id)

    assert ([], [], frozenset({job.id})) == (room.queue.sent, room.registry.deleted, room.element(element.id).users)
    room.end(job)
    room.release(job)
    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_a_job_that_joins_while_it_is_deleted(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its caller has let go, and the deletion has not begun: the job is quicker, and the element stays until its end."""
    element = room.kept()
    let_go, jobs = room.elements.let_go, []

    def overtaken(*asked: Any, **more: Any) -> KeptElement | None:
        left = let_go(*asked, **more)
        jobs.append(room.ask("dog"))
        return left

    monkeypatch.setattr(room.elements, "let_go", overtaken)

    room.keep.delete(ACME, element.id)

    (job,) = jobs
    assert (State.RUNNING, []) == (job.state, room.registry.deleted)
    assert (ElementState.READY, frozenset({job.id})) == (room.element(element.id).state, room.element(element.id).users)
    room.end(job)
    room.release(job)
    assert ["101"] == room.registry.deleted


def test_a_job_that_comes_too_late_has_another_made(room: Room) -> None:
    """The deletion has begun: whoever describes the same has a new one made, which goes with the job."""
    element = room.kept()
    room.keep.delete(ACME, element.id)

    job = room.ask("dog")

    assert State.PREPARING is job.state
    assert element.id != job.elements[0].id
    room.arrive()
    assert ["101"] == room.registry.deleted
    assert {job.elements[0].id} == set(room.elements.rows)


def test_a_caller_keeps_what_is_made_for_nobody_else(room: Room) -> None:
    """A job that waits for the same is told; when it has ended the element stays."""
    element = room.keep_one()
    job = room.ask("dog")
    assert (State.PREPARING, element.id) == (job.state, job.elements[0].id)
    room.make(job)
    room.registry.outcomes = [Made(element_id="101")]
    room.drain()
    assert [("token", element.id, None)] == room.workflow.resumed
    room.tasks.submit_job(job.id)
    room.end(job)

    room.release(job)

    assert ([], frozenset({CALLER})) == (room.registry.deleted, room.element(element.id).users)


# ----------------------------------------------------------------------------------------------- the net under it all


def test_every_row_is_due_or_at_rest(room: Room) -> None:
    """After every write: only what is ready and held by its caller alone is not due."""
    element = room.kept()
    first, second = room.ask("dog"), room.ask("dog")
    room.end(first)
    room.release(first)
    room.fall_due(element)
    room.keep.delete(ACME, element.id)
    room.end(second)
    room.registry.deletions = [refused(retryable=True)]
    room.release(second)
    room.fall_due(element)
    room.registry.creations = [refused()]
    failed = room.keep_one("cat")
    room.drain()
    room.fall_due(failed)

    assert {} == room.elements.rows
    for row in room.elements.history:
        at_rest = (row.state, row.users) == (ElementState.READY, frozenset({CALLER}))
        assert row.due_at is not None or at_rest
        assert row.due_at is None or row.due_at > row.updated_at.timestamp()
    assert None in {row.due_at for row in room.elements.history}
