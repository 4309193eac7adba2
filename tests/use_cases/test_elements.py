"""Elements before a video: made once, waited for, released at the end, whatever breaks off in between."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from klingway.domain.elements import ElementState, KeptElement
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import ElementId, JobId, ProviderName, new_job_id
from klingway.domain.job import AttemptState, Job, JobError, State
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, ElementTask, Failed, Made, Provider, ProviderError, WireRequest
from klingway.use_cases.check_element import CheckElement
from klingway.use_cases.ports import BusyError
from klingway.use_cases.prepare_elements import TIMED_OUT, NotPreparedError

from tests.fakes.elements import RecordingWorkflow
from tests.use_cases.conftest import SUCCESS
from tests.use_cases.room import REFUSAL, Room, described, lost, refused, taken

TIMED_OUT_ERROR = JobError(
    code="element_timed_out", message="gave up waiting for its elements to be made", retryable=True
)


@pytest.fixture
def room() -> Room:
    return Room()


# ------------------------------------------------------------------------------------------- before the workflow


def test_a_job_that_describes_elements_is_prepared_first(room: Room) -> None:
    """Its elements are wanted and name it, the workflow is started under the attempt's name, the provider hears nothing."""
    job = room.ask("dog", "cat")

    first, second = (room.element(used.id) for used in job.elements)
    assert (State.PREPARING, [0, 1]) == (job.state, [used.index for used in job.elements])
    assert {ElementState.WANTED} == {first.state, second.state}
    assert {frozenset({job.id})} == {first.users, second.users}
    assert described("dog") == first.definition
    assert [(f"{job.id}-1", job.id, (first.id, second.id))] == room.workflow.started
    assert ([], [], []) == (room.provider.submitted, room.registry.created, room.queue.sent)


@pytest.mark.parametrize("keeps_elements", [True, False])
def test_a_job_that_needs_no_preparation_is_submitted(room: Room, *, keeps_elements: bool) -> None:
    """Elements named by id need none, nor does a provider that takes descriptions."""
    if not keeps_elements:
        room.provider.elements = None
    element = {"id": "160"} if keeps_elements else described("dog")

    job = room.submit({"prompt": "<<<element_1>>> runs", "duration_s": 5, "elements": [element]})

    assert (State.RUNNING, [], {}) == (job.state, room.workflow.started, room.elements.rows)
    assert [element] == room.provider.submitted[0].body["elements"]


def test_only_what_is_described_is_made(room: Room) -> None:
    """An element by id keeps its place; the made one gets its id in the place of its description."""
    room.registry.outcomes = [Made(element_id="101")]
    job = room.submit({"prompt": "a", "duration_s": 5, "elements": [{"id": "160"}, described("dog")]})
    assert [1] == [used.index for used in job.elements]
    room.make(job)
    room.arrive()

    room.tasks.submit_job(job.id)

    assert [{"id": "160"}, {"id": "101"}] == room.provider.submitted[0].body["elements"]


def test_the_same_name_twice_is_refused(room: Room) -> None:
    """So that no request describes the same element twice."""
    with pytest.raises(InvalidRequestError):
        room.ask("dog", "dog")
    assert {} == room.elements.rows


def test_the_same_description_twice_would_be_one_element(room: Room) -> None:
    """Both places name it, it is made once, waited for once and deleted once."""
    job = room.made("dog")
    both = {"prompt": "a", "elements": [described("cat"), described("cat")]}
    twice = replace(job, id=new_job_id(room.clock()), state=State.QUEUED, elements=(), number=0)
    room.jobs.create(twice, both, None)

    begun = room.create.start.run(twice, both)

    first, second = begun.elements
    assert ((0, 1), first.id) == ((first.index, second.index), second.id)
    assert (f"{twice.id}-1", twice.id, (first.id,)) == room.workflow.started[-1]
    room.make(begun)
    room.arrive()
    room.arrive()
    room.tasks.submit_job(twice.id)
    assert [{"id": "101"}] * 2 == room.provider.submitted[0].body["elements"]
    room.end(twice)
    room.release(twice)
    assert ["101"] == room.registry.deleted


def test_a_job_whose_elements_are_all_made_is_submitted_at_once(room: Room) -> None:
    """No workflow is started and nothing made: it has joined them, names them with the provider's ids, and they stay for it."""
    first = room.made("dog")
    room.tasks.submit_job(first.id)
    room.end(first)

    second = room.ask("dog")

    room.release(first)
    (element,) = room.elements.rows.values()
    assert (State.RUNNING, frozenset({second.id})) == (second.state, element.users)
    assert [(0, element.id, "101")] == [(used.index, used.id, used.provider_id) for used in second.elements]
    assert [{"id": "101"}] == room.provider.submitted[1].body["elements"]
    assert ([first.id], 1, []) == (
        [job_id for _, job_id, _ in room.workflow.started],
        len(room.registry.created),
        room.registry.deleted,
    )
    room.end(second)
    room.release(second)
    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_one_that_is_not_made_yet_is_waited_for_with_the_others(room: Room) -> None:
    """Half of it does not do: the workflow is started."""
    room.made("dog")

    second = room.ask("dog", "fox")

    assert (State.PREPARING, second.id) == (second.state, room.workflow.started[-1][1])
    assert [] == room.provider.submitted


def test_a_job_that_dies_between_its_elements_and_its_submission_goes_on_when_it_is_due(room: Room) -> None:
    """Its row names them already: they are not claimed a second time, and it is submitted once."""
    room.tasks.submit_job(room.made("dog").id)

    def die() -> None:
        raise KeyboardInterrupt

    room.provider.on_render = die
    with pytest.raises(KeyboardInterrupt):
        room.ask("dog")
    room.provider.on_render = None
    second = list(room.jobs.rows.values())[-1]
    assert (State.QUEUED, ["101"]) == (second.state, [used.provider_id for used in second.elements])
    claimed = len(room.elements.history)

    room.job_falls_due()

    assert State.RUNNING is room.job(second).state
    assert claimed == len(room.elements.history)
    assert [{"id": "101"}] == room.provider.submitted[-1].body["elements"]
    assert 2 == len(room.provider.submitted)


def test_two_that_take_up_the_same_job_whose_elements_are_made(room: Room) -> None:
    """Whoever is slower finds the row moved on, and submits nothing."""
    room.made("dog")
    claim = room.elements.claim

    def overtaken(wanted: KeptElement, user: JobId) -> KeptElement:
        room.elements.claim = claim  # type: ignore[method-assign]
        room.do(Work(kind=WorkKind.SUBMIT, id=user, number=room.jobs.rows[user].number))
        return claim(wanted, user)

    room.elements.claim = overtaken  # type: ignore[method-assign]

    job = room.ask("dog")

    assert (State.RUNNING, 1) == (job.state, len(room.provider.submitted))


@pytest.mark.parametrize("names", [["dog"], ["dog", "fox"]])
def test_a_job_that_the_poller_takes_up_while_its_elements_are_claimed(room: Room, names: list[str]) -> None:
    """Made before or not: its row has moved on, so it is not submitted, neither with what was claimed nor without."""
    room.tasks.submit_job(room.made("dog").id)
    claim = room.elements.claim

    def overtaken(wanted: KeptElement, user: JobId) -> KeptElement:
        row = room.jobs.rows[user]
        room.jobs.rows[user] = replace(row, number=row.number + 1)
        return claim(wanted, user)

    room.elements.claim = overtaken  # type: ignore[method-assign]

    job = room.ask(*names)

    assert (State.QUEUED, 1) == (job.state, len(room.provider.submitted))
    room.elements.claim = claim  # type: ignore[method-assign]
    room.job_falls_due()
    assert (State.RUNNING if names == ["dog"] else State.PREPARING) is room.job(job).state


def test_a_full_provider_and_elements_that_were_made_before(room: Room) -> None:
    """The job waits with its elements, and is submitted later with the same ids."""
    room.made("dog")
    room.provider.submissions = [refused(retryable=True)]

    job = room.ask("dog")

    assert State.QUEUED is job.state
    work, _ = room.queue.take()
    room.do(work)
    assert State.RUNNING is room.job(job).state
    assert [[{"id": "101"}]] * 2 == [wire.body["elements"] for wire in room.provider.submitted]


def test_a_job_without_a_workflow_gets_one_when_it_is_due(room: Room) -> None:
    """The workflow could not be started: the job is accepted, and the poller's work starts it under the same name."""

    class Down(RecordingWorkflow):
        def start(self, *_: Any, **__: Any) -> None:
            raise ConnectionError

    prepare = room.create.start.prepare
    room.create = replace(room.create, start=replace(room.create.start, prepare=replace(prepare, workflow=Down)))
    job = room.ask("dog")
    assert State.PREPARING is job.state

    room.job_falls_due()

    assert [(f"{job.id}-1", job.id, (job.elements[0].id,))] == room.workflow.started


def test_a_claim_that_breaks_off_is_taken_up(room: Room) -> None:
    """The first element was claimed, the second not: the job is queued, and prepared with the very same when it is due."""
    claim, claimed = room.elements.claim, []

    def claim_one(wanted: KeptElement, user: JobId) -> KeptElement:
        if claimed:
            raise BusyError("busy")
        claimed.append(claim(wanted, user))
        return claimed[0]

    room.elements.claim = claim_one  # type: ignore[method-assign]
    job = room.ask("dog", "cat")
    assert (State.QUEUED, (), []) == (job.state, job.elements, room.workflow.started)
    room.elements.claim = claim  # type: ignore[method-assign]

    room.job_falls_due()

    assert State.PREPARING is room.job(job).state
    assert claimed[0].id == room.job(job).elements[0].id
    assert 2 == len(room.elements.rows)


def test_two_that_prepare_the_same_job(room: Room) -> None:
    """The slower one's change is refused; both name the same elements and the same execution."""
    claim = room.elements.claim

    def overtaken(wanted: KeptElement, user: JobId) -> KeptElement:
        room.elements.claim = claim  # type: ignore[method-assign]
        room.do(Work(kind=WorkKind.SUBMIT, id=user, number=room.jobs.rows[user].number))
        return claim(wanted, user)

    room.elements.claim = overtaken  # type: ignore[method-assign]

    job = room.ask("dog")

    assert State.PREPARING is job.state
    assert 1 == len(room.elements.rows)
    assert {(f"{job.id}-1", job.id, (job.elements[0].id,))} == set(room.workflow.started)


# ----------------------------------------------------------------------------------------------- having it made


def test_an_element_is_asked_for_after_its_row_says_so(room: Room) -> None:
    """While the provider is called the row says `submitting`, with the handle; the call carries our id and its callback."""
    seen: list[KeptElement] = []
    create = room.registry.create

    def looked_at(wire: WireRequest, *, timeout_s: float) -> ElementTask:
        seen.append(room.element(wire.body["reference"]))
        return create(wire, timeout_s=timeout_s)

    room.registry.create = looked_at  # type: ignore[method-assign]
    job = room.ask("dog")

    element = room.make(job)

    (before,) = seen
    assert (ElementState.SUBMITTING, {"path": "/elements"}, 1) == (before.state, before.handle, before.tries)
    assert before.due_at == int(room.clock().timestamp()) + 70
    assert (ElementState.RUNNING, "t") == (element.state, element.handle["task_id"])
    token = room.keyring.callback_token(element.id)
    (wire,) = room.registry.created
    assert element.id == wire.body["reference"]
    assert f"https://gateway.example/callbacks/{element.id}/{token}" == wire.body["callback_url"]
    work, delay_s = room.queue.take()
    assert (Work(kind=WorkKind.ELEMENT, id=element.id, number=element.number), 5) == (work, delay_s)


def test_pictures_of_our_bucket_go_out_as_links(room: Room) -> None:
    """Made for the call, and never stored."""
    room.bucket.objects["inputs/acme/a.png"] = b"a picture"
    pictures = ["s3://media-bucket/inputs/acme/a.png", "https://x/2.png"]
    job = room.submit({"prompt": "a", "duration_s": 5, "elements": [described("dog", images=pictures)]})

    element = room.make(job)

    link = "https://bucket.example/inputs/acme/a.png?expires_s=3600"
    assert [link, "https://x/2.png"] == room.registry.created[0].body["images"]
    assert pictures == element.definition["images"]


def test_an_element_is_made_once_for_two_jobs(room: Room) -> None:
    """The second job's task writes that it waits and asks for nothing; both are told."""
    first, second = room.ask("dog"), room.ask("dog")
    assert first.elements[0].id == second.elements[0].id
    room.make(first, "t1")
    element = room.make(second, "t2")
    assert (1, {first.id, second.id}) == (len(room.registry.created), element.users)
    room.registry.outcomes = [Made(element_id="101")]

    room.arrive()
    room.arrive()

    assert {("t1", element.id, None), ("t2", element.id, None)} == set(room.workflow.resumed)
    assert {} == room.elements.waiting


def test_a_new_token_replaces_the_old_one(room: Room) -> None:
    """The task was run again: no second element, and the new token alone is sent back."""
    job = room.ask("dog")
    room.make(job, "old")
    element = room.make(job, "new")
    room.registry.outcomes = [Made(element_id="101")]

    room.arrive()
    room.arrive()

    assert (1, [("new", element.id, None)]) == (len(room.registry.created), room.workflow.resumed)


def test_a_token_that_comes_while_the_old_one_is_told(room: Room) -> None:
    """The new one is not forgotten with the old one; its own task has sent the work that tells it."""
    job = room.ask("dog")
    element = room.make(job, "old")
    room.registry.outcomes = [Made(element_id="101")]
    room.arrive()
    resume = room.workflow.resume

    def meanwhile(token: str, element_id: ElementId, error: JobError | None) -> None:
        if token == "old":
            room.make(job, "new")
        resume(token, element_id, error)

    room.workflow.resume = meanwhile  # type: ignore[method-assign]
    (made, _), *_ = room.queue.sent
    room.queue.sent.clear()
    room.do(made)

    assert ["old"] == [token for token, *_ in room.workflow.resumed]
    room.arrive()
    assert ["old", "new"] == [token for token, *_ in room.workflow.resumed]
    assert ElementState.READY is room.element(element.id).state


def test_one_that_is_made_already_is_told_of_by_the_worker(room: Room) -> None:
    """The task, which the workflow waits for, sends one message; the worker sends the token back."""
    room.made("dog")
    room.workflow.resumed.clear()
    second = room.ask("dog", "fox")

    element = room.make(second, "late")

    assert [] == room.workflow.resumed
    work, delay_s = room.queue.take()
    assert (Work(kind=WorkKind.ELEMENT, id=element.id, number=None), 0) == (work, delay_s)
    room.do(work)
    assert [("late", element.id, None)] == room.workflow.resumed
    assert ([], 1) == (room.queue.sent, len(room.registry.created))


def test_an_end_that_nobody_was_told_of_is_told_when_it_is_due(room: Room) -> None:
    """The worker wrote that it is made, and died before it sent anything."""
    job = room.ask("dog")
    element = room.make(job)
    room.registry.outcomes = [Made(element_id="101")]
    room.arrive()
    assert ElementState.READY is room.element(element.id).state

    room.fall_due(element)

    assert [("token", element.id, None)] == room.workflow.resumed


# --------------------------------------------------------------------------------- answers that say no, or are lost


def test_a_lost_answer_is_looked_up_and_adopted(room: Room) -> None:
    """After five seconds, by our reference; no second element is asked for."""
    room.registry.creations, room.registry.effects = [lost()], [True]
    job = room.ask("dog")

    element = room.make(job)

    assert ElementState.SUBMITTING is element.state
    assert 5 == room.arrive()
    assert (ElementState.RUNNING, 1) == (room.element(element.id).state, len(room.registry.created))


def test_what_never_arrived_is_asked_for_again_under_the_same_reference(room: Room) -> None:
    """The provider does not know it: two seconds later it is asked for once more, and the reference never changes."""
    room.registry.creations, room.registry.effects = [lost()], [False]
    job = room.ask("dog")
    element = room.make(job)

    delays = [room.arrive(), room.arrive()]

    assert [5, 2] == delays
    assert ElementState.RUNNING is room.element(element.id).state
    assert [element.id] * 2 == [wire.body["reference"] for wire in room.registry.created]


def test_one_that_never_arrives_is_asked_for_ever_more_rarely(room: Room) -> None:
    """A provider that knows the reference and does not find it keeps nobody busy: 2, 4, 8 s and so on between tries."""
    room.registry.creations, room.registry.effects = [taken() for _ in range(5)], [False] * 5
    room.make(room.ask("dog"))

    delays = [room.arrive() for _ in range(8)]

    assert [1, 2, 1, 4, 1, 8, 1, 16] == delays


def test_one_whose_process_died_is_looked_up_when_it_is_due(room: Room) -> None:
    """Its row said `submitting` before the call, so nothing is asked for twice."""
    room.registry.creations, room.registry.effects = [MemoryError()], [True]
    job = room.ask("dog")
    with pytest.raises(MemoryError):
        room.make(job)
    room.make(job, "again")
    assert ([], 1) == (room.queue.sent, len(room.registry.created))
    (element,) = room.elements.rows.values()

    room.fall_due(element)

    assert (ElementState.RUNNING, 1) == (room.element(element.id).state, len(room.registry.created))


def test_one_that_exists_under_our_reference_is_adopted(room: Room) -> None:
    """A second later, without another try."""
    room.registry.creations, room.registry.effects = [taken()], [True]
    element = room.make(room.ask("dog"))

    assert 1 == room.arrive()

    assert (ElementState.RUNNING, 1) == (room.element(element.id).state, len(room.registry.created))


def test_a_provider_that_has_no_room_is_asked_again_later(room: Room) -> None:
    """After 2, 4 and 8 s, or when it says itself; always under the same reference."""
    room.registry.creations = [
        *(refused(retryable=True) for _ in range(3)),
        refused(retryable=True, retry_after_s=33),
    ]
    element = room.make(room.ask("dog"))
    assert (ElementState.WANTED, 1) == (element.state, element.tries)

    delays = [room.arrive() for _ in range(4)]

    assert [2, 4, 8, 33] == delays
    assert (ElementState.RUNNING, 5) == (room.element(element.id).state, room.element(element.id).tries)
    assert {element.id} == {wire.body["reference"] for wire in room.registry.created}


def test_a_refusal_fails_the_job_and_names_the_element(room: Room) -> None:
    """Who waits is told at once; the job's error says which element, and what the provider said."""
    job = room.ask("dog", "cat")
    room.make(job, "t1")
    room.queue.sent.clear()
    room.registry.creations = [refused()]
    element = room.make(job, "t2", index=1)
    assert (ElementState.FAILED, REFUSAL) == (element.state, element.error)

    assert 0 == room.arrive()
    assert [("t2", element.id, REFUSAL)] == room.workflow.resumed
    failed = room.tasks.fail_job(job.id, error="ElementFailed")

    assert failed is not None
    message = "elements[1] could not be made: the picture was refused"
    assert (State.FAILED, replace(REFUSAL, code="element_failed", message=message)) == (failed.state, failed.error)
    assert [] == room.provider.submitted


def test_a_making_that_fails_at_the_provider(room: Room) -> None:
    """As a refusal, only later."""
    element = room.make(room.ask("dog"))
    room.registry.outcomes = [Failed(error=REFUSAL)]

    room.arrive()
    room.arrive()

    assert [("token", element.id, REFUSAL)] == room.workflow.resumed


@pytest.mark.parametrize("state", [ElementState.FAILED, ElementState.DELETING])
def test_what_cannot_be_used_is_replaced_for_a_new_job(room: Room, state: ElementState) -> None:
    """The new job has a new element made; the old one's end takes nothing of it along."""
    old = room.element(room.ask("dog").elements[0].id)
    room.elements.rows[old.id] = replace(old, state=state, error=REFUSAL, users=frozenset())

    job = room.ask("dog")

    assert old.id != job.elements[0].id
    room.fall_due(old)
    assert {job.elements[0].id} == set(room.elements.rows) == set(room.elements.aliases.values())


# -------------------------------------------------------------------------------------------- checks and callbacks


def test_an_element_is_asked_after_until_it_is_made(room: Room) -> None:
    """Every five seconds at first, then ever more rarely; one message at a time."""
    room.make(room.ask("dog"))

    delays = [room.arrive() for _ in range(40)]

    assert [5, 5, 5, 5] == delays[:4]
    assert delays == sorted(delays)
    assert 5 < delays[-1] <= 120


def test_a_callback_makes_it_known_at_once(room: Room) -> None:
    """The message that was on its way does nothing any more."""
    element = room.make(room.ask("dog"))
    stale, _ = room.queue.take()
    room.registry.outcomes = [Made(element_id="101")]

    room.nudge_element(element)

    assert (ElementState.READY, "101") == (room.element(element.id).state, room.element(element.id).provider_id)
    work, delay_s = room.queue.take()
    assert 0 == delay_s
    room.do(stale)
    assert [] == room.queue.sent
    room.do(work)
    assert [("token", element.id, None)] == room.workflow.resumed


def test_callbacks_do_not_multiply_the_chain(room: Room) -> None:
    """However many come while it is still being made: one message is good, and leads to one."""
    element = room.make(room.ask("dog"))
    for _ in range(4):
        room.nudge_element(element)
    works = [work for work, _ in room.queue.sent]
    assert 5 == len(works)
    room.queue.sent.clear()

    for work in works * 2:
        room.do(work)

    assert 1 == len(room.queue.sent)


def test_a_callback_about_what_is_wanted_asks_for_nothing(room: Room) -> None:
    """Its token may come from an earlier try; the chain alone asks the provider again."""
    room.registry.creations = [refused(retryable=True)]
    element = room.make(room.ask("dog"))

    room.nudge_element(element)

    assert (element, 1) == (room.element(element.id), len(room.registry.created))


@pytest.mark.parametrize("is_known", [True, False])
def test_a_callback_that_overtakes_the_answer(room: Room, *, is_known: bool) -> None:
    """What the provider tells by then is taken; what it does not know yet is left to the call that is under way."""
    create = room.registry.create

    def overtaken(wire: WireRequest, *, timeout_s: float) -> ElementTask:
        if is_known:
            room.registry.references.add(wire.body["reference"])
        room.nudge_element(room.element(wire.body["reference"]))
        return create(wire, timeout_s=timeout_s)

    room.registry.create = overtaken  # type: ignore[method-assign]

    element = room.make(room.ask("dog"))

    assert (ElementState.RUNNING, 2, 1) == (element.state, element.number, len(room.registry.created))
    work, _ = room.queue.take()
    assert element.number == work.number


def test_an_end_that_overtakes_the_answer(room: Room) -> None:
    """It is made before its creation is answered: that answer changes nothing, and the one who waits is told."""
    create = room.registry.create

    def overtaken(wire: WireRequest, *, timeout_s: float) -> ElementTask:
        room.registry.references.add(wire.body["reference"])
        room.registry.outcomes = [Made(element_id="101")]
        room.nudge_element(room.element(wire.body["reference"]))
        return create(wire, timeout_s=timeout_s)

    room.registry.create = overtaken  # type: ignore[method-assign]

    element = room.make(room.ask("dog"))

    assert ElementState.READY is element.state
    for work, _ in list(room.queue.sent):
        room.do(work)
    assert [("token", element.id, None)] == room.workflow.resumed


def test_work_of_an_element_that_is_gone_or_repeated_does_nothing(room: Room) -> None:
    """Nothing is written, asked or sent."""
    element = room.make(room.ask("dog"))
    room.queue.sent.clear()

    room.do(Work(kind=WorkKind.ELEMENT, id=element.id, number=element.number - 1))
    room.do(Work(kind=WorkKind.ELEMENT, id="el_01M7XQJEV0CNR8GVSAAKQ466HV", number=None))

    assert (element, []) == (room.element(element.id), room.queue.sent)


def an_hour_of(room: Room, element: KeptElement) -> list[float]:
    """Let messages arrive until the element's making has ended; return their delays."""
    delays = []
    while not room.element(element.id).state.is_made:
        delays.append(room.arrive())
        assert len(delays) < 100
    return delays


@pytest.mark.parametrize("what", ["no room", "no answer", "not found", "still running", "no answer when asked"])
def test_the_making_is_given_up_after_an_hour(room: Room, what: str) -> None:
    """Whatever it waits for: it fails as timed out, its waiter is told, and it was never asked for as another."""
    down = refused(retryable=True)
    if what == "no room":
        room.registry.creations = [refused(retryable=True) for _ in range(99)]
    elif what in {"no answer", "not found"}:
        room.registry.creations = [lost() for _ in range(99)]
        room.registry.effects = [what == "no answer"] * 99
    if what.startswith("no answer"):
        room.registry.outcomes = [down]
    element = room.make(room.ask("dog"))

    delays = an_hour_of(room, element)

    failed = room.element(element.id)
    assert failed.error is not None
    assert ("element_timed_out", True) == (failed.error.code, failed.error.retryable)
    assert 3600 < sum(delays) <= 3600 + 130
    assert {element.id} == {wire.body["reference"] for wire in room.registry.created}
    room.arrive()
    assert [("token", element.id, failed.error)] == room.workflow.resumed
    assert [] == room.queue.sent


class NoProvider:
    def names(self) -> list[ProviderName]:
        return []

    def get(self, name: ProviderName) -> Provider:
        raise KeyError(name)


def without_provider(room: Room) -> CheckElement:
    return replace(room.check_element, make=replace(room.check_element.make, providers=NoProvider()))


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_provider_that_was_taken_out_of_the_settings_may_come_back(room: Room, *, is_accepted: bool) -> None:
    """The element waits, and goes on; after an hour it fails."""
    room.registry.creations = [] if is_accepted else [refused(retryable=True)]
    element = room.make(room.ask("dog"))
    there = room.check_element
    room.check_element = without_provider(room)

    room.arrive()

    assert element.state is room.element(element.id).state
    room.check_element = there
    room.arrive()
    assert ElementState.RUNNING is room.element(element.id).state
    room.check_element = without_provider(room)
    an_hour_of(room, element)
    failed = room.element(element.id)
    assert failed.error is not None
    assert "scripted, which is not in the settings" in failed.error.message


# ------------------------------------------------------------------------------------------------- the submission


def test_the_job_is_submitted_with_what_was_made(room: Room) -> None:
    """The provider's own ids stand in the places of the descriptions; the job still names its elements."""
    job = room.made("dog", "cat")

    submitted = room.tasks.submit_job(job.id)

    assert submitted is not None
    assert (State.RUNNING, AttemptState.RUNNING) == (submitted.state, submitted.attempt.state)
    assert [{"id": "101"}, {"id": "102"}] == room.provider.submitted[0].body["elements"]
    assert ["101", "102"] == [used.provider_id for used in submitted.elements]
    assert f"{job.id}-1" == str(submitted.attempt_id) == room.workflow.started[0][0]


def test_a_submission_that_is_run_again_submits_nothing(room: Room) -> None:
    """Whatever has become of the job."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)

    again = room.tasks.submit_job(job.id)

    assert again == room.job(job)
    assert 1 == len(room.provider.submitted)
    assert None is room.tasks.submit_job(JobId("job_01M7XQJEV0CNR8GVSAAKQ466HV"))


def test_a_submission_that_breaks_off_before_the_call_is_made_good(room: Room) -> None:
    """The job is queued with its ids; nothing is prepared anew, and it is submitted when it is due."""
    job = room.made("dog")

    def broken(*_: object) -> Job:
        raise MemoryError

    with pytest.raises(MemoryError):
        replace(room.tasks, submit=broken).submit_job(job.id)
    assert State.QUEUED is room.job(job).state

    room.job_falls_due()

    assert State.RUNNING is room.job(job).state
    assert (1, 1) == (len(room.provider.submitted), len(room.workflow.started))


def test_nothing_is_submitted_before_everything_is_made(room: Room) -> None:
    """The task breaks off, and has changed nothing."""
    job = room.ask("dog")

    with pytest.raises(NotPreparedError):
        room.tasks.submit_job(job.id)

    assert (State.PREPARING, []) == (room.job(job).state, room.provider.submitted)


def test_a_full_provider_leaves_the_job_queued_with_its_elements(room: Room) -> None:
    """It is submitted later with the same ids; they are released at its end and no sooner."""
    room.provider.submissions = [refused(retryable=True)]
    job = room.made("dog")
    queued = room.tasks.submit_job(job.id)
    assert queued is not None
    assert State.QUEUED is queued.state
    room.release(job)

    assert 2 == room.arrive()

    assert State.RUNNING is room.job(job).state
    assert (1, 1, []) == (len(room.workflow.started), len(room.registry.created), room.registry.deleted)
    room.end(job)
    room.release(job)
    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


# ----------------------------------------------------------------------- a workflow that fails, or that nobody hears


def test_a_wait_that_lasted_too_long_fails_the_job(room: Room) -> None:
    """As timed out, and worth another try."""
    job = room.ask("dog")
    room.make(job)

    failed = room.tasks.fail_job(job.id, error=TIMED_OUT)

    assert failed is not None
    assert (State.FAILED, TIMED_OUT_ERROR) == (failed.state, failed.error)


def test_a_workflow_that_broke_off_costs_minutes_and_not_the_job(room: Room) -> None:
    """Nothing is wrong with its elements: the job goes on from its row."""
    job = room.ask("dog")
    element = room.make(job)
    room.registry.outcomes = [Made(element_id="101")]

    left = room.tasks.fail_job(job.id, error="Lambda.TooManyRequestsException")
    assert left is not None
    assert State.PREPARING is left.state
    room.fall_due(element)
    room.job_falls_due()
    room.arrive()

    assert State.RUNNING is room.job(job).state
    assert [{"id": "101"}] == room.provider.submitted[0].body["elements"]


@pytest.mark.parametrize("error", [TIMED_OUT, "ElementFailed"])
def test_a_job_that_has_gone_on_is_not_failed(room: Room, error: str) -> None:
    """The workflow comes too late."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)

    left = room.tasks.fail_job(job.id, error=error)

    assert left == room.job(job)
    assert State.RUNNING is room.job(job).state
    assert None is room.tasks.fail_job(JobId("job_01M7XQJEV0CNR8GVSAAKQ466HV"), error=error)


def test_a_due_job_waits_for_its_elements(room: Room) -> None:
    """Nothing is wrong: it is looked at every two minutes, by one chain, and its workflow is started should it be missing."""
    job = room.ask("dog", "cat")

    room.job_falls_due()

    assert State.PREPARING is room.job(job).state
    assert 2 == len(room.workflow.started)
    assert 1 == len(set(room.workflow.started))
    assert [120, 120, 120] == [room.arrive() for _ in range(3)]
    assert 1 == len(room.queue.sent)


def test_a_due_job_whose_elements_are_made_is_submitted(room: Room) -> None:
    """Its workflow was stopped: it goes on without, once."""
    job = room.made("dog")

    room.job_falls_due()
    assert State.QUEUED is room.job(job).state
    assert 0 == room.arrive()

    assert State.RUNNING is room.job(job).state
    room.tasks.submit_job(job.id)
    assert ([{"id": "101"}], 1) == (room.provider.submitted[0].body["elements"], len(room.provider.submitted))


def test_a_due_job_with_an_element_that_failed_fails(room: Room) -> None:
    """Nobody told the workflow, or it was gone."""
    job = room.ask("dog", "cat")
    room.registry.creations = [refused()]
    room.make(job, index=1)

    room.job_falls_due()

    failed = room.job(job)
    assert failed.error is not None
    assert (State.FAILED, "element_failed") == (failed.state, failed.error.code)
    assert failed.error.message.startswith("elements[1] ")


def test_a_due_job_with_an_element_that_is_gone_fails(room: Room) -> None:
    """That should not be; it is better said than waited for."""
    job = room.ask("dog")
    room.elements.rows.clear()

    room.job_falls_due()

    failed = room.job(job)
    assert failed.error is not None
    assert (State.FAILED, "elements[0] is gone", True) == (failed.state, failed.error.message, failed.error.retryable)


def test_a_job_that_is_still_prepared_at_its_deadline_fails(room: Room) -> None:
    """A day after it was accepted."""
    job = room.ask("dog")
    room.clock.go_on(86_401)

    room.job_falls_due()

    assert (State.FAILED, TIMED_OUT_ERROR) == (room.job(job).state, room.job(job).error)


def test_old_work_of_a_prepared_job_does_nothing(room: Room) -> None:
    """Nor does a callback, which no attempt can have."""
    job = room.ask("dog")
    written = len(room.jobs.history)

    room.do(Work(kind=WorkKind.CHECK, id=job.id, number=job.number - 1))
    room.nudge(job)

    assert (written, []) == (len(room.jobs.history), room.queue.sent)


# --------------------------------------------------------------------------------------------------------- release


def test_elements_are_released_at_the_end(room: Room) -> None:
    """Not while the job runs; then they are deleted at the provider, and forgotten."""
    job = room.made("dog", "cat")
    room.tasks.submit_job(job.id)
    room.release(job)
    assert [] == room.registry.deleted
    room.provider.outcomes = [SUCCESS]
    room.nudge(job)
    assert State.SUCCEEDED is room.job(job).state

    room.release(job)
    room.release(job)

    assert (["101", "102"], {}, {}) == (room.registry.deleted, room.elements.rows, room.elements.aliases)


def test_an_element_that_another_job_uses_stays(room: Room) -> None:
    """Even if that job has not begun to wait for it; the last one takes it along."""
    first = room.made("dog")
    second = room.ask("dog", "fox")
    room.tasks.submit_job(first.id)
    room.end(first)

    room.release(first)

    assert [] == room.registry.deleted
    room.registry.outcomes = [Made(element_id="102")]
    for index in range(2):
        room.make(second, index=index)
        while room.queue.sent:
            room.arrive()
    room.tasks.submit_job(second.id)
    assert [{"id": "101"}, {"id": "102"}] == room.provider.submitted[1].body["elements"]
    room.end(second)
    room.release(second)
    assert ["101", "102"] == room.registry.deleted


def test_one_that_is_still_being_made_is_deleted_once_it_is(room: Room) -> None:
    """Its job has ended meanwhile: nobody is told, and the provider keeps nothing."""
    job = room.ask("dog")
    element = room.make(job)
    room.tasks.fail_job(job.id, error=TIMED_OUT)
    room.release(job)
    assert (ElementState.RUNNING, frozenset()) == (room.element(element.id).state, room.element(element.id).users)
    room.registry.outcomes = [Made(element_id="101")]

    room.arrive()
    room.arrive()

    assert (["101"], {}, []) == (room.registry.deleted, room.elements.rows, room.queue.sent)


def test_one_that_nobody_wants_any_more_is_not_made(room: Room) -> None:
    """It was never asked for: its row goes, the provider hears nothing."""
    job = room.ask("dog")
    room.tasks.fail_job(job.id, error=TIMED_OUT)
    room.release(job)
    (element,) = room.elements.rows.values()

    room.fall_due(element)

    assert ({}, [], []) == (room.elements.rows, room.registry.created, room.registry.deleted)


def test_a_lost_release_is_made_good_within_a_day(room: Room) -> None:
    """The row is looked at once a day, with no message in between; it stays while a job of it is under way."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    (element,) = room.elements.rows.values()
    assert int(room.clock().timestamp()) + 86_400 + 120 == element.due_at
    room.fall_due(element)
    assert (frozenset({job.id}), []) == (room.element(element.id).users, room.queue.sent)
    room.end(job)

    room.fall_due(element)

    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_a_sweep_drops_who_has_ended_and_keeps_the_others(room: Room) -> None:
    """A job that is not there at all counts as ended."""
    first, second = room.made("dog"), room.ask("dog")
    room.tasks.submit_job(first.id)
    room.end(first)
    (element,) = room.elements.rows.values()
    nobody = JobId("job_01M7XQJEV0CNR8GVSAAKQ466HV")
    room.elements.rows[element.id] = replace(element, users=element.users | {nobody})

    room.fall_due(element)

    assert (frozenset({second.id}), []) == (room.element(element.id).users, room.registry.deleted)


def test_a_deletion_that_breaks_off_is_made_good(room: Room) -> None:
    """The row says `deleting` before the call; when it is due it is deleted, and once more is no error."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    room.end(job)
    (element,) = room.elements.rows.values()
    room.registry.deletions = [MemoryError()]
    with pytest.raises(MemoryError):
        room.release(job)
    assert ElementState.DELETING is room.element(element.id).state
    room.nudge_element(element)
    assert ["101"] == room.registry.deleted

    room.fall_due(element)

    assert (["101", "101"], {}) == (room.registry.deleted, room.elements.rows)


def left_behind(said: str) -> int:
    return sum('"ElementLeftBehind"' in line and "_aws" in json.loads(line) for line in said.splitlines())


def test_a_deletion_that_fails_for_now_is_tried_for_a_week(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """Ever more rarely, without a message in between; then it is given up and counted. The week begins with the deletion."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    room.clock.go_on(30 * 86_400)
    room.end(job)
    began = room.clock.time
    room.registry.deletions = [refused(retryable=True) for _ in range(999)]

    room.release(job)
    (element,) = room.elements.rows.values()
    pauses = []
    while element.id in room.elements.rows:
        before = room.clock.time
        room.fall_due(element)
        pauses.append((room.clock.time - before).total_seconds())

    assert [] == room.queue.sent
    assert pauses == sorted(pauses)
    assert (180, 3720) == (pauses[0], pauses[-1])
    assert 7 * 86_400 <= (room.clock.time - began).total_seconds() < 7 * 86_400 + 3720
    assert 1 == left_behind(capsys.readouterr().out)


def test_a_deletion_that_is_refused_is_not_tried_again(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """The row goes, and what stays behind is counted."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    room.end(job)
    room.registry.deletions = [refused()]

    room.release(job)

    assert ({}, ["101"], 1) == (room.elements.rows, room.registry.deleted, left_behind(capsys.readouterr().out))


def test_a_deletion_waits_for_a_credential(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that is missing or wrong says nothing of the element: it is deleted once there is one."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    room.end(job)
    missing = JobError(code="not_configured", message="no credential", retryable=False)
    room.registry.deletions = [ProviderError(missing, created=Created.NO)]

    room.release(job)

    assert (1, 0) == (len(room.elements.rows), left_behind(capsys.readouterr().out))


def test_a_deletion_waits_for_a_provider_that_was_taken_out_of_the_settings(room: Room) -> None:
    """It may come back."""
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    room.end(job)
    there = room.check_element
    room.check_element = without_provider(room)
    room.release(job)
    (element,) = room.elements.rows.values()
    assert ElementState.DELETING is element.state
    room.check_element = there

    room.fall_due(element)

    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def given_up(room: Room) -> KeptElement:
    """Return an element whose making was given up, its job with it."""
    job = room.ask("dog")
    element = room.make(job)
    an_hour_of(room, element)
    room.arrive()
    room.tasks.fail_job(job.id, error="ElementFailed")
    room.release(job)
    return element


def test_what_was_given_up_and_made_after_all_is_deleted(room: Room) -> None:
    """Nothing is left behind at the provider: while it is still being made, its row stays."""
    element = given_up(room)
    assert (ElementState.DELETING, []) == (room.element(element.id).state, room.registry.deleted)
    room.registry.outcomes = [Made(element_id="101")]

    room.fall_due(element)

    assert (["101"], {}) == (room.registry.deleted, room.elements.rows)


def test_what_was_given_up_and_never_arrived_is_forgotten(room: Room) -> None:
    """There is nothing to delete."""
    room.registry.creations, room.registry.effects = [lost() for _ in range(99)], [False] * 99

    given_up(room)

    assert ([], {}) == (room.registry.deleted, room.elements.rows)


# ----------------------------------------------------------------------------------------------- the net under it all


def a_plain_life(room: Room) -> None:
    job = room.made("dog")
    room.tasks.submit_job(job.id)
    room.end(job)
    room.release(job)


def a_refused_life(room: Room) -> None:
    room.registry.creations = [refused(retryable=True), lost(), refused()]
    job = room.ask("dog")
    room.make(job)
    while room.queue.sent:
        room.arrive()
    room.tasks.fail_job(job.id, error="ElementFailed")
    room.release(job)


def a_life_without_a_workflow(room: Room) -> None:
    job = room.ask("dog")
    room.registry.outcomes = [Made(element_id="101")]
    (element,) = room.elements.rows.values()
    while room.job(job).state is not State.RUNNING:
        if element.id in room.elements.rows and not room.element(element.id).state.is_made:
            room.fall_due(element)
        room.job_falls_due()
    room.registry.deletions = [refused(retryable=True)]
    room.end(job)
    room.release(job)


@pytest.mark.parametrize("life", [a_plain_life, a_refused_life, a_life_without_a_workflow])
def test_every_row_falls_due_after_every_write(room: Room, life: Callable[[Room], None]) -> None:
    """An element always, a job unless it is at rest: nothing depends on a message alone."""
    life(room)

    assert room.elements.history
    assert all(element.due_at > element.updated_at.timestamp() for element in room.elements.history)
    assert all((job.due_at is None) == job.state.is_terminal for job in room.jobs.history)


def test_nothing_is_left_of_two_jobs(room: Room) -> None:
    """After two jobs with elements in common nothing is left: no row, no alias, no waiter, no element at the provider."""
    first, second = room.made("dog", "cat"), room.ask("cat", "fox")
    for index in range(2):
        room.make(second, index=index)
        while room.queue.sent:
            room.arrive()
    for job in (first, second):
        room.tasks.submit_job(job.id)
        room.end(job)
        room.release(job)

    assert ({}, {}, {}) == (room.elements.rows, room.elements.aliases, room.elements.waiting)
    assert 3 == len(room.registry.created) == len(room.registry.deleted)
