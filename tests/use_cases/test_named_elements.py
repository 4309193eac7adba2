"""Requests that name elements by an id: the gateway's own are replaced by their descriptions, a provider's own pin the job."""

from dataclasses import replace
from typing import Any

import pytest
from klingway.domain.capabilities import Capability, Limit
from klingway.domain.elements import CALLER, ElementState, KeptElement
from klingway.domain.errors import InvalidRequestError, Problem
from klingway.domain.ids import ProviderName
from klingway.domain.job import Job, Origin, State
from klingway.domain.measures import Measure
from klingway.providers.contract import Made
from klingway.use_cases.ports import IdempotencyKey

from tests.fakes.elements import ScriptedRegistry
from tests.fakes.providers import NAME, ScriptedProvider, profile
from tests.use_cases.room import Room, described, refused

UNKNOWN = "el_01M7XQJEV0CNR8GVSAAKQ466HV"
THEIRS = "829836802793406551"
"""Of 18 digits, as a provider's own numbers can be."""


def provider(name: str, **changes: Any) -> ScriptedProvider:
    return ScriptedProvider(profile=replace(profile(), name=name), **changes)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def wide() -> Room:
    """A gateway with a provider that keeps elements, then one that takes descriptions."""
    return Room(others=[provider("inline")])


def asking(room: Room, *ids: str, **more: Any) -> Job:
    """Accept a request that names elements."""
    prompt = " ".join(f"<<<element_{index + 1}>>>" for index in range(len(ids)))
    body = {"prompt": prompt, "duration_s": 5, "elements": [{"id": text} for text in ids]}
    origin = more.pop("origin", None)
    return room.submit(body | more, origin=origin)


def refused_ids(room: Room, *ids: str, **more: Any) -> list[Problem]:
    """Return the problems of a request that is refused."""
    with pytest.raises(InvalidRequestError) as error:
        asking(room, *ids, **more)
    assert [] == [job for job in room.jobs.rows.values() if job.origin == more.get("origin")]
    return list(error.value.problems)


def in_dialect(name: str = NAME) -> Origin:
    return Origin(dialect=ProviderName(name), product="omni-video")


def number_of(element: KeptElement) -> str:
    return str(element.element_number)


# ----------------------------------------------------------------------------------------------- where elements are kept


@pytest.mark.parametrize("by_number", [True, False])
def test_the_very_element_is_used(room: Room, *, by_number: bool) -> None:
    """By id or number, submitted at once with the provider's own id; the job is among its users until its end."""
    element = room.kept()

    job = asking(room, number_of(element) if by_number else element.id)

    assert State.RUNNING is job.state
    assert [{"id": "101"}] == room.provider.submitted[0].body["elements"]
    assert [(0, element.id, "101")] == [(used.index, used.id, used.provider_id) for used in job.elements]
    assert {CALLER, job.id} == room.element(element.id).users
    assert ([], 1) == (room.workflow.started, len(room.registry.created))


def test_of_two_with_equal_descriptions_the_one_that_is_named_is_used(room: Room) -> None:
    """Also after the other is gone, which stood for the description."""
    first, second = room.kept(provider_id="101"), room.kept(provider_id="102")

    asking(room, second.id)
    room.keep.delete(first.tenant, first.id)
    room.drain()
    job = asking(room, second.id)

    assert State.RUNNING is job.state
    assert [[{"id": "102"}]] * 2 == [wire.body["elements"] for wire in room.provider.submitted]
    assert [second.id] == list(room.elements.rows)


def test_two_of_one_name_are_told_apart_by_their_ids(room: Room) -> None:
    """Names are their caller's own affair, where the provider does not call elements by them."""
    first = room.kept(provider_id="101")
    second = room.kept(provider_id="102", fields={"description": "another"})

    asking(room, first.id, second.id)

    assert [{"id": "101"}, {"id": "102"}] == room.provider.submitted[0].body["elements"]


def test_what_the_job_was_accepted_with_is_the_description(room: Room) -> None:
    """Which may not be there any more when somebody looks; everything else of the request stays."""
    element = room.kept()

    job = asking(room, element.id, reference="order-42")

    expected = {"prompt": "<<<element_1>>>", "duration_s": 5, "elements": [described("dog")], "reference": "order-42"}
    assert expected == room.jobs.get_request(job.id)


def test_one_that_is_being_made_is_waited_for(room: Room) -> None:
    """With the one that the request describes; then both ids stand at their places."""
    element = room.keep_one()
    room.queue.sent.clear()
    body = {"prompt": "a", "duration_s": 5, "elements": [described("cat"), {"id": THEIRS}, {"id": element.id}]}

    job = room.submit(body)

    assert State.PREPARING is job.state
    assert [0, 2] == [used.index for used in job.elements]
    assert element.id == job.elements[1].id
    room.registry.outcomes = [Made(element_id="101"), Made(element_id="102")]
    room.make(job)
    room.make(job, index=1)
    room.nudge_element(room.element(element.id))
    room.drain()
    room.tasks.submit_job(job.id)
    ids = [element["id"] for element in room.provider.submitted[0].body["elements"]]
    assert THEIRS == ids[1]
    assert {"101", "102"} == {ids[0], ids[2]}


def test_one_that_is_deleted_before_the_job_begins_is_made_anew(room: Room) -> None:
    """The job was accepted, and has the description: it goes on with an element of its own, which goes with it."""
    element = room.kept()
    start = room.create.start
    room.create = replace(room.create, start=None)  # type: ignore[arg-type] # the process dies there
    job = asking(room, element.id)
    assert (State.QUEUED, [element.id]) == (job.state, [used.id for used in job.elements])
    room.create = replace(room.create, start=start)
    room.keep.delete(element.tenant, element.id)
    room.arrive()

    room.job_falls_due()

    job = room.job(job)
    assert State.PREPARING is job.state
    assert [used.id for used in job.elements] == list(room.elements.rows) != [element.id]
    assert ["101"] == room.registry.deleted


def test_another_account_has_another_element(room: Room) -> None:
    """The credential was exchanged: what the old account keeps is of no use to the new one."""
    element = room.kept()
    room.provider.account = "another"

    job = asking(room, element.id)

    assert State.PREPARING is job.state
    assert element.id != job.elements[0].id
    assert frozenset({CALLER}) == room.element(element.id).users


def test_another_provider_with_a_registry_has_it_made(room: Room) -> None:
    """By its description; what was made elsewhere stays as it is."""
    other = provider("other", elements=ScriptedRegistry())
    room = Room(others=[other])
    element = room.kept()

    job = asking(room, element.id, provider="other")

    assert State.PREPARING is job.state
    assert "other" == room.element(job.elements[0].id).provider
    assert frozenset({CALLER}) == room.element(element.id).users


# ----------------------------------------------------------------------------------------- where descriptions are taken


def test_a_provider_without_a_registry_takes_the_description(wide: Room) -> None:
    """Even while the element is still being made elsewhere; the job's end takes nothing along."""
    element = wide.keep_one()

    job = asking(wide, number_of(element), provider="inline")

    assert State.RUNNING is job.state
    assert [described("dog")] == wide.others[0].submitted[0].body["elements"]
    wide.end(job, wide.others[0])
    wide.release(job)
    assert (frozenset({CALLER}), []) == (wide.element(element.id).users, wide.registry.deleted)


def test_what_is_kept_without_a_registry_is_made_where_there_is_one(wide: Room) -> None:
    """A description that the gateway keeps can go anywhere."""
    element = wide.keep_one(provider="inline")

    job = asking(wide, element.id, provider=NAME)

    assert State.PREPARING is job.state
    assert NAME == wide.element(job.elements[0].id).provider


def test_what_a_provider_does_not_take_of_it_is_told_at_the_id(wide: Room) -> None:
    """The caller wrote no description here; each problem says whose it is and who would do it."""
    model = wide.others[0].profile.models["kling-v3-omni"]
    narrow = replace(
        model,
        limits=(Limit(of=Measure.ELEMENT_NAME_CHARS, maximum=2, source="the test"),),
        supports={name: sure for name, sure in model.supports.items() if name is not Capability.IMAGE_ELEMENTS},
    )
    wide.others[0].profile = replace(wide.others[0].profile, models={"kling-v3-omni": narrow})
    element = wide.kept()

    problems = refused_ids(wide, THEIRS, element.id, provider="inline")

    assert {("elements[1].id", "inline")} == {(problem.field, problem.provider) for problem in problems}
    assert {"unsupported", "too_long"} == {problem.code for problem in problems}
    assert all(problem.message.startswith("of the element that has this id: ") for problem in problems)
    assert NAME == asking(wide, element.id).provider, "left to the gateway, it goes where it can be done"


# ------------------------------------------------------------------------------------------------ what cannot be used


def test_what_is_not_there_is_a_problem_at_its_id(room: Room) -> None:
    """Unknown, another tenant's, deleted, made for a job alone: the answer is the same."""
    deleted = room.kept()
    room.keep.delete(deleted.tenant, deleted.id)
    room.arrive()
    others = room.keep_one(tenant="other")
    of_a_job = room.ask("cat").elements[0].id
    wrong = [UNKNOWN, deleted.id, number_of(deleted), others.id, of_a_job]
    fine = room.kept("fox")

    with pytest.raises(InvalidRequestError) as error:
        asking(room, fine.id, *wrong)

    expected = [(f"elements[{index + 1}].id", "not_found") for index in range(len(wrong))]
    assert expected == [(problem.field, problem.code) for problem in error.value.problems]
    assert f"there is no element {UNKNOWN}; it may have been deleted." == error.value.problems[0].message


def test_what_is_let_go_and_still_used_cannot_be_named(room: Room) -> None:
    """It is gone for its caller."""
    element = room.kept()
    asking(room, element.id)
    room.keep.delete(element.tenant, element.id)

    with pytest.raises(InvalidRequestError) as error:
        asking(room, element.id)

    assert [("elements[0].id", "not_found")] == [(problem.field, problem.code) for problem in error.value.problems]


def test_what_could_not_be_made_is_a_problem_at_its_id(room: Room) -> None:
    """With the reason."""
    room.registry.creations = [refused()]
    failed = room.keep_one()
    assert ElementState.FAILED is failed.state

    (problem,) = refused_ids(room, failed.id)

    assert ("elements[0].id", "failed") == (problem.field, problem.code)
    assert f"the element {failed.id} could not be made: the picture was refused." == problem.message


def test_anothers_number_is_none_of_ours(room: Room) -> None:
    """Nobody can tell whether a number is another tenant's: it goes to the provider, as any other."""
    others = room.keep_one(tenant="other")

    asking(room, number_of(others))

    assert [{"id": number_of(others)}] == room.provider.submitted[0].body["elements"]


def test_what_was_accepted_stays_accepted(room: Room) -> None:
    """The same request under the same key, once its element is deleted: the job comes back."""
    element = room.kept()
    body = {"prompt": "a", "duration_s": 5, "elements": [{"id": element.id}]}
    key = IdempotencyKey(element.tenant, "k", "f", 4_102_444_800)
    first = room.create.run(element.tenant, body, key=key, public_url="https://gateway.example")
    room.keep.delete(element.tenant, element.id)

    again = room.create.run(element.tenant, body, key=key, public_url="https://gateway.example")

    assert (True, first.stored.job.id) == (again.is_replay, again.stored.job.id)


# ----------------------------------------------------------------------------------------- numbers of a provider's own


@pytest.mark.parametrize("asked", [{}, {"provider": "auto"}, {"provider": NAME}, {"provider": ["inline", NAME]}])
def test_a_providers_own_number_goes_to_it_alone(asked: dict[str, Any]) -> None:
    """In its dialect, whatever the order of the gateway or the caller; nobody else is on the route."""
    room = Room(provider=provider("inline"), others=[ScriptedProvider()])
    room.provider.elements, room.others[0].elements = None, room.registry

    job = asking(room, THEIRS, origin=in_dialect(), **asked)

    assert (NAME, (NAME,)) == (job.provider, job.route)
    assert [{"id": THEIRS}] == room.others[0].submitted[0].body["elements"]


def test_a_providers_own_number_elsewhere_is_a_problem_at_its_id(wide: Room) -> None:
    """Whose it is, and that naming that provider works."""
    (problem,) = refused_ids(wide, "160", origin=in_dialect(), provider="inline")

    assert ("elements[0].id", "excluded", [NAME]) == (problem.field, problem.code, problem.limit)
    assert f"160 is {NAME}'s own, and no other provider knows it: name {NAME} as the provider." == problem.message


def test_a_providers_own_number_without_its_credential(wide: Room) -> None:
    """Left to the gateway, no other can do it; the problem says what is missing."""
    wide.provider.account = None

    (problem,) = refused_ids(wide, "160", origin=in_dialect(), provider="auto")

    assert ("elements[0].id", "excluded") == (problem.field, problem.code)
    assert f"{NAME} has no credential in this gateway" in problem.message


def test_ours_and_theirs_together(wide: Room) -> None:
    """The job goes to the owner of the number, and joins the element there."""
    element = wide.kept()

    job = asking(wide, "160", number_of(element), origin=in_dialect(), provider="auto")

    assert (NAME, State.RUNNING) == (job.provider, job.state)
    assert [{"id": "160"}, {"id": "101"}] == wide.provider.submitted[0].body["elements"]


def test_ours_alone_pin_nothing(wide: Room) -> None:
    """In a dialect too: an element that the gateway keeps can be described to anybody."""
    element = wide.kept()

    job = asking(wide, number_of(element), origin=in_dialect(), provider="inline")

    assert ("inline", [described("dog")]) == (job.provider, wide.others[0].submitted[0].body["elements"])


def test_a_number_of_nobody_knows_whom(wide: Room) -> None:
    """In the canonical form, where two could take it: the caller has to say whose it is, and may."""
    (problem,) = refused_ids(wide, "160")

    assert ("elements[0].id", "uncertain", [NAME, "inline"]) == (problem.field, problem.code, problem.limit)
    assert NAME == asking(wide, "160", provider=NAME).provider


def test_a_number_where_one_provider_alone_takes_any(wide: Room) -> None:
    """It can only be that one's."""
    model = wide.others[0].profile.models["kling-v3-omni"]
    takes = {name: sure for name, sure in model.supports.items() if name is not Capability.ELEMENTS_BY_ID}
    wide.others[0].profile = replace(wide.others[0].profile, models={"kling-v3-omni": replace(model, supports=takes)})

    assert NAME == asking(wide, "160").provider
