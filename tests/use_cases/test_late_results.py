"""What attempts bring that nobody waits for any more: it is paid for, so it is stored, told of, and never lost."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.errors import NotFoundError, NotReadyError, WrongStateError
from klingway.domain.ids import AttemptId, ProviderName
from klingway.domain.job import Job, JobError, State
from klingway.domain.lanes import Lane
from klingway.domain.views import job_to_json, warnings_of
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, Media, Outcome, ProviderError, Running, Succeeded
from klingway.use_cases.ports import MediaError
from klingway.use_cases.read_jobs import ReadJobs

from tests.fakes.elements import ScriptedRegistry
from tests.fakes.providers import ScriptedProvider, profile
from tests.use_cases.conftest import FILM, SUCCESS, VIDEO_URL, Gateway, unreachable
from tests.use_cases.test_event_schemas import holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from klingway.domain.late_results import Watch
    from klingway.use_cases.ports import Event

HOOK = "https://shop.example/hook"
IN_TEN_MINUTES: dict[str, Any] = {"prompt": "a fox", "duration_s": 5, "deadline_s": 600, "webhook": {"url": HOOK}}
WHOEVER_CAN: dict[str, Any] = {"prompt": "a fox", "duration_s": 5, "failover": "always", "webhook": {"url": HOOK}}
NO_FILM = Failed(error=JobError(code="generation_failed", message="no film", retryable=True))
LOST = ProviderError(
    JobError(code="provider_answer_lost", message="connection reset", retryable=True), created=Created.MAYBE
)
FIRST, SECOND = ProviderName("first"), ProviderName("second")


def given_up_on(gateway: Gateway) -> Job:
    """Return a job that has failed at its deadline while its provider was still at it."""
    job = gateway.submit(IN_TEN_MINUTES)
    gateway.clock.go_on(700)
    gateway.poll()
    gateway.work()
    return ended(gateway, job, "deadline_exceeded")


def ended(gateway: Gateway, job: Job, code: str | None) -> Job:
    """Have the publisher see a job's end, and its webhook delivered; return the job."""
    job = gateway.job(job)
    assert code == (job.error and job.error.code)
    assert [True] == gateway.publisher.run([job])
    gateway.bus.published.clear()
    while gateway.delivery_queue.sent:
        gateway.try_delivery()
    gateway.receiver.posts.clear()
    return job


def look(gateway: Gateway, *outcomes: Outcome | ProviderError) -> None:
    """Let the poller take up what is due next, and the provider answer so."""
    gateway.provider.outcomes = list(outcomes) or gateway.provider.outcomes
    due_at = min(row.due_at for row in gateway.watches.rows.values() if row.due_at is not None)
    gateway.clock.go_on(max(0, due_at - gateway.clock().timestamp()))
    gateway.poll()
    gateway.work()


def the_watch(gateway: Gateway) -> Watch:
    (watch,) = gateway.watches.rows.values()
    return watch


def told(gateway: Gateway) -> Sequence[Event]:
    return [event for event in gateway.bus.published if event.detail_type == "Job Late Result"]


def two_providers() -> tuple[Gateway, ScriptedProvider]:
    second = ScriptedProvider(profile=profile(name=SECOND))
    return Gateway(provider=ScriptedProvider(profile=profile(name=FIRST)), others=[second]), second


# ------------------------------------------------------------------------------------------------------- after a failure


def test_what_a_job_at_its_deadline_has_paid_for_is_stored_and_told(gateway: Gateway) -> None:
    """The state stays; the film is in the bucket and on the job, and the event bus and the webhook hear of it, once."""
    job = given_up_on(gateway)

    look(gateway, SUCCESS)

    after = gateway.job(job)
    assert (job.state, job.error, job.sequence, job.files) == (after.state, after.error, after.sequence, after.files)
    (late,) = after.late_results
    assert (1, "scripted") == (late.attempt, late.provider)
    assert ["attempt-1-video.mp4", "attempt-1-job.json"] == [file.name for file in late.files]
    assert FILM == gateway.bucket.objects[late.files[0].key]
    (event,) = told(gateway)
    assert f"{job.id}:{job.sequence + 1}" == event.detail["event_id"]
    assert ("failed", 1, 2) == (
        event.detail["state"],
        event.detail["late_result"]["attempt"],
        len(event.detail["late_result"]["files"]),
    )
    gateway.try_delivery()
    ((_, body, headers),) = gateway.receiver.posts
    said = json.loads(body)
    assert ("job.late_result", dict(event.detail)) == (said["type"], said["data"])
    holds("job-late-result.schema.json", event.detail)
    holds("webhook.schema.json", said)
    assert headers["webhook-id"].endswith(f"_{job.sequence + 1}_1")
    assert the_watch(gateway).is_over
    assert 0 == gateway.poll()


def test_callers_see_it_beside_the_job(gateway: Gateway) -> None:
    """With links like those of any file; `job.json` beside the film says what it is."""
    job = given_up_on(gateway)
    look(gateway, SUCCESS)

    job = gateway.job(job)
    links = gateway.links.of(job, public_url="https://gateway.example").by_name
    said = job_to_json(job, gateway.jobs.get_request(job.id), bucket="b", links=links)

    assert said["result"] is None
    reading = ReadJobs(
        jobs=gateway.jobs,
        bucket=gateway.bucket,
        keyring=lambda: gateway.keyring,
        now=gateway.clock,
        links=gateway.links,
    )
    film = job.late_results[0].files[0]
    assert film.key in reading.content(job.tenant, job.id, film.name)
    for name, refusal in ((None, NotReadyError), ("video.mp4", NotFoundError)):
        with pytest.raises(refusal):
            reading.content(job.tenant, job.id, name)
    (late,) = said["late_results"]
    assert f"/v1/media/{job.id}/attempt-1-video.mp4?" in late["files"][0]["url"]
    beside = json.loads(gateway.bucket.objects[job.late_results[0].files[1].key])
    assert ["attempt-1-video.mp4"] == [file["name"] for file in beside["late_results"][0]["files"]]


def test_it_is_looked_for_ever_more_rarely_and_for_a_week(gateway: Gateway) -> None:
    """From a minute to an hour apart; after a week nothing is expected any more, and nothing is due."""
    given_up_on(gateway)
    began, looked = gateway.clock(), []

    while not the_watch(gateway).is_over:
        look(gateway, Running())
        looked.append((gateway.clock() - began).total_seconds())

    pauses = [after - before for before, after in pairwise(looked)]
    assert [60, 120] == looked[:2]
    assert pauses[:-1] == sorted(pauses[:-1])
    assert 3600 == max(pauses)
    assert 7 * 86_400 == looked[-1]
    assert len(looked) < 200


def test_a_failure_that_comes_late_is_the_end_of_it(gateway: Gateway) -> None:
    """Nothing is told that was not told already."""
    job = given_up_on(gateway)

    look(gateway, NO_FILM)

    assert (True, (), []) == (the_watch(gateway).is_over, gateway.job(job).late_results, told(gateway))


def test_a_provider_that_cannot_be_asked_is_asked_again(gateway: Gateway) -> None:
    """Nor does an end of a day of errors lose the film."""
    job = given_up_on(gateway)

    look(gateway, unreachable())
    look(gateway, SUCCESS)

    assert 1 == len(gateway.job(job).late_results)


def test_media_that_breaks_off_is_fetched_again(gateway: Gateway) -> None:
    """As of any result."""
    job = given_up_on(gateway)
    gateway.media.files[VIDEO_URL] = MediaError("ended short")

    look(gateway, SUCCESS)
    assert () == gateway.job(job).late_results
    gateway.media.files[VIDEO_URL] = FILM
    look(gateway, SUCCESS)

    assert 1 == len(gateway.job(job).late_results)


def test_a_copy_of_the_film_is_not_waited_for(gateway: Gateway) -> None:
    """The film is what was paid for, and is told of at once."""
    job = given_up_on(gateway)
    gateway.media.files["https://cdn.example/copy.mp4"] = MediaError("ended short")
    both = Succeeded(media=(Media(VIDEO_URL, "video"), Media("https://cdn.example/copy.mp4", "watermarked")))

    look(gateway, both)

    (late,) = gateway.job(job).late_results
    assert ["video", "provenance"] == [file.role for file in late.files]


@pytest.mark.parametrize("then", [NO_FILM, unreachable()])
def test_a_part_of_a_result_is_better_than_nothing(gateway: Gateway, then: Any) -> None:
    """Of two pictures, one came, and then the provider was heard of no more, or took it back."""
    job = given_up_on(gateway)
    gateway.media.files["https://cdn.example/2.png"] = MediaError("ended short")
    look(gateway, Succeeded(media=(Media(VIDEO_URL, "image", 1), Media("https://cdn.example/2.png", "image", 2))))
    assert () == gateway.job(job).late_results

    while not the_watch(gateway).is_over:
        look(gateway, then)

    (late,) = gateway.job(job).late_results
    assert ["image", "provenance"] == [file.role for file in late.files]


def test_a_callback_brings_it_at_once(gateway: Gateway) -> None:
    """Whether or not the publisher has seen the job's end by then."""
    for seen in (True, False):
        job = gateway.submit(IN_TEN_MINUTES)
        gateway.clock.go_on(700)
        gateway.provider.outcomes = [Running()]
        gateway.poll()
        gateway.work()
        if seen:
            ended(gateway, job, "deadline_exceeded")
        gateway.provider.outcomes = [SUCCESS]

        gateway.nudge(job)

        assert (State.FAILED, 1) == (gateway.job(job).state, len(gateway.job(job).late_results))


@pytest.mark.parametrize("end", [SUCCESS, NO_FILM])
def test_nothing_is_expected_of_an_attempt_that_has_said_its_end(gateway: Gateway, end: Outcome) -> None:
    """A film that is there, or a failure of the provider's own: its further callbacks lead to no question."""
    job = gateway.end(gateway.submit(), end)
    asked = gateway.provider.checked + gateway.provider.found

    gateway.nudge(job)

    assert {} == gateway.watches.rows
    assert asked == gateway.provider.checked + gateway.provider.found


def test_a_result_that_could_not_be_stored_is_tried_for_another_week(gateway: Gateway) -> None:
    """Kling keeps it for thirty days; the job has failed after an hour of refusals."""
    gateway.media.files[VIDEO_URL] = MediaError("a web page", is_permanent=True)
    gateway.provider.outcomes = [SUCCESS]
    job = gateway.submit()
    gateway.nudge(job)
    while not gateway.job(job).state.is_terminal:
        gateway.clock.go_on(60)
        if gateway.queue.sent or gateway.poll():
            gateway.work()
    job = ended(gateway, job, "result_not_stored")
    gateway.media.files[VIDEO_URL] = FILM

    look(gateway)

    assert (State.FAILED, 1) == (gateway.job(job).state, len(gateway.job(job).late_results))


# --------------------------------------------------------------------------------------------------- after a lost answer


def unconfirmed(gateway: Gateway) -> Job:
    """Return a job whose submission nobody has claimed for half an hour."""
    gateway.provider.submissions, gateway.provider.effects = [LOST], [True]
    job = gateway.submit({"prompt": "a fox", "duration_s": 5})
    while not gateway.job(job).state.is_terminal:
        gateway.work()
    return ended(gateway, job, "submission_unconfirmed")


def test_a_claim_that_comes_after_the_half_hour_is_taken() -> None:
    """Proved as before; nobody was asked in between, for there was nothing to ask for."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.created_at = gateway.clock()
    job = unconfirmed(gateway)
    assert 0 == gateway.provider.checked
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job, "task-1")

    assert (State.FAILED, 1) == (gateway.job(job).state, len(gateway.job(job).late_results))


def test_an_answer_that_could_not_be_written_in_time_is_no_claim() -> None:
    """The provider had said its id: known, however little the provider can be asked for."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False, finds_by_reference=False)))
    gateway.provider.submissions = [LOST]
    job = ended(gateway, gateway.submit({"prompt": "a fox", "duration_s": 5}), "submission_unconfirmed")
    gateway.provider.outcomes = [SUCCESS]

    gateway.worker.run(Work.nudged(AttemptId(job.id, 1), answered_task_id="task-1"))

    assert (State.FAILED, 1) == (gateway.job(job).state, len(gateway.job(job).late_results))


def test_a_claim_that_does_not_fit_brings_nothing() -> None:
    """A task that was made before the attempt began is somebody else's, however late it is claimed."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.created_at = gateway.clock()
    gateway.clock.go_on(3600)
    job = unconfirmed(gateway)
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job, "task-1")

    assert () == gateway.job(job).late_results
    assert None is the_watch(gateway).claimed_task_id


def test_where_nothing_can_come_there_is_one_last_look_and_no_question() -> None:
    """A provider without callbacks that knows no reference of ours: the watch ends by itself."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False, finds_by_reference=False)))
    gateway.provider.submissions = [LOST]
    job = gateway.submit({"prompt": "a fox", "duration_s": 5})
    ended(gateway, job, "submission_unconfirmed")

    look(gateway, SUCCESS)
    look(gateway, SUCCESS)

    assert the_watch(gateway).is_over
    assert (0, 0) == (gateway.provider.checked, gateway.provider.found)


def never_found() -> Gateway:
    """A provider that calls back and cannot be asked for our reference, and a submission whose answer is lost."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.submissions, gateway.provider.effects = [LOST], [True]
    return gateway


def test_a_claim_that_is_proved_while_the_job_fails_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The half hour ends between the question whether the task is there and the write that it is ours."""
    gateway = never_found()
    job = gateway.submit({"prompt": "a fox", "duration_s": 5})
    ask = gateway.provider.check

    def time_is_over(handle: Any) -> Any:
        monkeypatch.setattr(gateway.provider, "check", ask)
        while not gateway.job(job).state.is_terminal:
            gateway.work()
        gateway.provider.outcomes = [SUCCESS]
        return ask(handle)

    monkeypatch.setattr(gateway.provider, "check", time_is_over)
    gateway.nudge(job, "task-1")

    assert (State.FAILED, 1) == (gateway.job(job).state, len(gateway.job(job).late_results))


def test_a_claim_that_meets_another_write_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The poller takes the watch up in the very moment; should that never end, the message comes again."""
    gateway = never_found()
    job = unconfirmed(gateway)
    gateway.provider.outcomes = [SUCCESS]
    write, others = gateway.watches.replace, [1, 1]

    def meets_another(watch: Watch, *, expected: int) -> bool:
        if others:
            others.pop()
            row = gateway.watches.rows[watch.job_id, watch.attempt]
            gateway.watches.rows[watch.job_id, watch.attempt] = replace(row, number=row.number + 1)
        return write(watch, expected=expected)

    monkeypatch.setattr(gateway.watches, "replace", meets_another)
    gateway.nudge(job, "task-1")
    assert 1 == len(gateway.job(job).late_results)

    again = never_found()
    job = unconfirmed(again)
    monkeypatch.setattr(again.watches, "replace", lambda *_, **__: False)
    with pytest.raises(TimeoutError):
        again.nudge(job, "task-1")


def test_a_claim_under_another_account_waits_for_its_own() -> None:
    """Whoever has exchanged the credentials asks in another's name: it is not asked, and the claim is kept."""
    gateway = never_found()
    job = unconfirmed(gateway)
    gateway.provider.account, gateway.provider.outcomes = "another", [SUCCESS]

    gateway.nudge(job, "task-1")
    look(gateway)
    assert (0, ()) == (gateway.provider.checked, gateway.job(job).late_results)
    gateway.provider.account = "main"
    look(gateway)

    assert 1 == len(gateway.job(job).late_results)


def test_a_claim_of_a_superseded_attempt_waits_for_the_jobs_end() -> None:
    """Submitted anew half an hour later, and then the first one's film comes: it is kept, and told after the job's own end."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.created_at = gateway.clock()
    gateway.provider.submissions, gateway.provider.effects = [LOST], [True]
    job = gateway.submit({"prompt": "a fox", "duration_s": 5, "on_unconfirmed": "resubmit"})
    while gateway.job(job).state is not State.RUNNING:
        gateway.work()
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job, "task-1")
    assert ((), []) == (gateway.job(job).late_results, told(gateway))
    gateway.worker.run(Work.nudged(AttemptId(job.id, 2)))
    job = ended(gateway, job, None)
    look(gateway)

    job = gateway.job(job)
    assert State.SUCCEEDED is job.state
    assert [1] == [late.attempt for late in job.late_results]
    assert len({file.key for file in job.all_files}) == len({file.name for file in job.all_files}) == 4


# ---------------------------------------------------------------------------------------------------------------- stalls


def stalled(gateway: Gateway, job: Job) -> Job:
    """Let the first provider be at a job for longer than four times what a slow generation takes (7 min)."""
    gateway.provider.outcomes = [Running()]
    while gateway.job(job).state is State.RUNNING and gateway.job(job).provider == FIRST:
        gateway.clock.go_on(60)
        gateway.poll()
        while gateway.queue.sent:
            gateway.work()
        assert (gateway.clock() - job.created_at).total_seconds() < 4000
    return gateway.job(job)


def asked_once(gateway: Gateway, job: Job, *, hours: float) -> None:
    """Let time pass while the first provider is at it: nobody is asked again, however long that takes."""
    submitted = [len(other.submitted) for other in gateway.others]
    until = gateway.clock() + timedelta(hours=hours)
    while gateway.clock() < until:
        if gateway.queue.sent:
            gateway.work()
        else:
            gateway.clock.go_on(60)
            gateway.poll()
    assert (State.RUNNING, FIRST) == (gateway.job(job).state, gateway.job(job).provider)
    assert submitted == [len(other.submitted) for other in gateway.others]


REFUSED = {
    "no money": ("provider_balance_exhausted", False),
    "full": ("provider_full", True),
    "moderation": ("moderation_refused", False),
}


@pytest.mark.parametrize("why", [*REFUSED, "failed", "lost"])
def test_a_stalled_task_is_waited_for_again_where_nobody_else_makes_the_job(why: str) -> None:
    """However the other one ends: the job is no worse off than without it, and ends with the first one's film."""
    gateway, second = two_providers()
    second.profile = profile(name=SECOND, calls_back=False, finds_by_reference=False)
    if why in REFUSED:
        code, is_retryable = REFUSED[why]
        error = JobError(code=code, message="no", retryable=is_retryable)
        second.submissions = [ProviderError(error, created=Created.NO)]
    elif why == "lost":
        second.submissions, second.effects = [LOST], [False]
    job = gateway.submit(WHOEVER_CAN)
    gateway.provider.outcomes, second.outcomes = [Running()], [NO_FILM]
    while len(gateway.job(job).attempts) < 2 or gateway.job(job).provider == SECOND:
        if not gateway.queue.sent:
            gateway.clock.go_on(60)
            gateway.poll()
        else:
            gateway.work()

    again = gateway.job(job)
    assert (State.RUNNING, FIRST) == (again.state, again.provider)
    how = "refused" if why == "full" else "failed"
    assert [(2, how), (1, "running")] == [(each.number, each.state.value) for each in again.attempts]
    asked_once(gateway, job, hours=3)
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    done = ended(gateway, job, None)

    assert (State.SUCCEEDED, 1, 1) == (done.state, len(second.submitted), len(gateway.provider.submitted))
    assert [2] * (why == "lost") == [attempt for _, attempt in gateway.watches.rows]


@pytest.mark.parametrize("calls_back", [True, False])
@pytest.mark.parametrize("then", ["fail", "resubmit"])
def test_a_lost_answer_at_the_second_is_paid_for_once(*, calls_back: bool, then: str) -> None:
    """And once more, where the caller wants that; afterwards the first one is waited for, and nobody is asked any more."""
    gateway, second = two_providers()
    second.profile = profile(name=SECOND, calls_back=calls_back, finds_by_reference=False)
    second.submissions, second.effects = [LOST] * 9, [True] * 9
    job = gateway.submit(WHOEVER_CAN | {"on_unconfirmed": then})
    gateway.provider.outcomes = [Running()]
    while not second.submitted or gateway.job(job).provider == SECOND:
        if not gateway.queue.sent:
            gateway.clock.go_on(60)
            gateway.poll()
        else:
            gateway.work()

    asked_once(gateway, job, hours=6)

    assert (2 if then == "resubmit" else 1) == len(second.submitted)


def test_a_lost_answer_is_no_recovery_of_the_second() -> None:
    """The job runs again, but not there: a provider that has failed so often stays at rest."""
    gateway, second = two_providers()
    second.profile = profile(name=SECOND, calls_back=False, finds_by_reference=False)
    second.submissions = [LOST]
    lane = Lane(SECOND, "main", "kling-v3-omni")
    for _ in range(5):
        gateway.lanes.note_failure(lane)
    job = gateway.submit(WHOEVER_CAN)
    gateway.provider.outcomes = [Running()]
    while not second.submitted:
        if not gateway.queue.sent:
            gateway.clock.go_on(60)
            gateway.poll()
        else:
            gateway.work()

    assert (State.RUNNING, FIRST) == (gateway.job(job).state, gateway.job(job).provider)
    assert 6 == gateway.lanes.look(lane).failures
    assert gateway.lanes.look(lane).rests_until is not None


def test_who_was_full_for_a_moment_is_asked_again_where_the_first_one_fails() -> None:
    """A refusal for want of room rules nobody out."""
    gateway, second = two_providers()
    full = JobError(code="provider_full", message="no", retryable=True)
    second.submissions = [ProviderError(full, created=Created.NO)]
    job = gateway.submit(WHOEVER_CAN)
    gateway.provider.outcomes = [Running()]
    while not second.submitted:
        gateway.clock.go_on(60)
        gateway.poll()
        while gateway.queue.sent and not second.submitted:
            gateway.work()

    gateway.provider.outcomes = [NO_FILM]
    gateway.queue.sent.clear()
    gateway.nudge(job)
    gateway.work()

    assert (State.RUNNING, SECOND, 2) == (gateway.job(job).state, gateway.job(job).provider, len(second.submitted))
    assert [f"{job.id}-2"] * 2 == [wire.body["reference"] for wire in second.submitted]


DESCRIBED = {"name": "dog", "description": "a dog", "images": ["https://a.example/1.png", "https://a.example/2.png"]}


@pytest.mark.parametrize("more", [{}, {"prompt": "<<<element_1>>> runs", "elements": [DESCRIBED]}])
def test_a_credential_that_is_taken_away_sends_the_job_back(more: dict[str, Any]) -> None:
    """Just after it was left; also where elements would have to be made first."""
    gateway, second = two_providers()
    second.elements = ScriptedRegistry()
    job = stalled_and_queued(gateway, gateway.submit(WHOEVER_CAN | more))
    second.account = None

    gateway.work()

    assert (State.RUNNING, FIRST) == (gateway.job(job).state, gateway.job(job).provider)


def stalled_and_queued(gateway: Gateway, job: Job) -> Job:
    """Let the first provider be left; the message to the second is on its way."""
    gateway.provider.outcomes = [Running()]
    gateway.clock.go_on(1800)
    gateway.check(job)
    assert (State.QUEUED, SECOND) == (gateway.job(job).state, gateway.job(job).provider)
    return gateway.job(job)


def test_at_the_deadline_the_first_one_is_asked_once_more() -> None:
    """The second one's answer is lost; the first one has been done for a while."""
    gateway, second = two_providers()
    second.profile = profile(name=SECOND, finds_by_reference=False)
    second.submissions, second.effects = [LOST], [False]
    job = stalled_and_queued(gateway, gateway.submit(WHOEVER_CAN | {"deadline_s": 2400}))
    gateway.provider.outcomes = [SUCCESS]

    while not gateway.job(job).state.is_terminal:
        if not gateway.queue.sent:
            gateway.clock.go_on(60)
            gateway.poll()
        else:
            gateway.work()

    assert (State.SUCCEEDED, FIRST) == (gateway.job(job).state, gateway.job(job).provider)


def test_a_provider_taken_out_of_the_settings_is_nobodys_next() -> None:
    """The route names it still."""
    gateway, _ = two_providers()
    job = gateway.submit(WHOEVER_CAN)
    gateway.provider.outcomes = [Running()]
    gateway.clock.go_on(1800)
    del gateway.providers._providers[SECOND]  # noqa: SLF001 - as by a deployment

    gateway.check(job)

    assert (State.RUNNING, FIRST) == (gateway.job(job).state, gateway.job(job).provider)


def test_a_second_one_taken_out_of_the_settings_sends_the_job_back() -> None:
    """It cannot be asked, and the first one can."""
    gateway, _ = two_providers()
    job = stalled(gateway, gateway.submit(WHOEVER_CAN))
    del gateway.providers._providers[SECOND]  # type: ignore[union-attr] # noqa: SLF001 - as by a deployment

    gateway.check(job)

    assert (State.RUNNING, FIRST) == (gateway.job(job).state, gateway.job(job).provider)


def test_a_callback_of_the_first_one_meanwhile_makes_no_late_result_of_the_jobs_own() -> None:
    """It has begun a watch; then its attempt is taken up again, and is the one that the job ends with."""
    gateway, second = two_providers()
    job = stalled(gateway, gateway.submit(WHOEVER_CAN))
    gateway.provider.outcomes, second.outcomes = [SUCCESS], [NO_FILM]
    gateway.nudge(job)
    assert 1 == len(gateway.watches.rows)

    gateway.worker.run(Work.nudged(AttemptId(job.id, 2)))
    while not gateway.job(job).state.is_terminal:
        gateway.work()
    job = ended(gateway, job, None)
    look(gateway)

    assert (State.SUCCEEDED, FIRST, ()) == (job.state, job.provider, gateway.job(job).late_results)
    assert the_watch(gateway).is_over


@pytest.mark.parametrize("why", ["no credential", "others wait", "at rest"])
def test_a_stalled_task_is_not_left_for_a_provider_without_room(why: str) -> None:
    """As far as that is known without asking it."""
    gateway, second = two_providers()
    lane = Lane(SECOND, "main", "kling-v3-omni")
    if why == "no credential":
        second.account = None
    elif why == "others wait":
        second.submissions = [
            ProviderError(JobError(code="provider_full", message="no", retryable=True), created=Created.NO)
        ]
        gateway.submit({"prompt": "a fox", "duration_s": 5, "provider": "second"})
        gateway.queue.sent.clear()
    else:
        gateway.lanes.rest(lane, gateway.clock() + timedelta(hours=3))
    job = gateway.submit(WHOEVER_CAN)
    gateway.provider.outcomes = [Running()]

    for _ in range(40):
        gateway.clock.go_on(60)
        gateway.check(job)
        gateway.queue.sent.clear()

    assert (State.RUNNING, FIRST, 1) == (
        gateway.job(job).state,
        gateway.job(job).provider,
        len(gateway.job(job).attempts),
    )


def test_a_callback_leaves_no_task() -> None:
    """It says that the task is done, whatever the provider says yet: what is asked on account of it is no chain's question."""
    gateway, _ = two_providers()
    job = gateway.submit(WHOEVER_CAN)
    gateway.provider.outcomes = [Running()]
    gateway.clock.go_on(3600)

    gateway.nudge(job)

    assert FIRST == gateway.job(job).provider


def test_a_stalled_task_is_given_to_the_next_provider() -> None:
    """After 28 minutes of a generation that takes 7 where it is slow; the job says why, and that both may be charged."""
    gateway, second = two_providers()

    job = stalled(gateway, gateway.submit(WHOEVER_CAN))

    assert [("first", "failed", "stalled"), ("second", "running", None)] == [
        (each.provider, each.state.value, each.error and each.error.code) for each in job.attempts
    ]
    assert 1680 < (gateway.clock() - job.created_at).total_seconds() < 1680 + 300
    assert 1 == len(second.submitted)
    assert any("charged twice" in warning for warning in warnings_of(job))


def test_both_results_are_kept() -> None:
    """The second one's is the job's; the first one's comes late, whichever callback comes first."""
    gateway, second = two_providers()
    job = stalled(gateway, gateway.submit(WHOEVER_CAN))
    gateway.provider.outcomes, second.outcomes = [SUCCESS], [SUCCESS]

    gateway.nudge(job)  # the first one's callback, while the second is at it
    gateway.worker.run(Work.nudged(AttemptId(job.id, 2)))
    job = ended(gateway, job, None)
    look(gateway, SUCCESS)

    job = gateway.job(job)
    assert (State.SUCCEEDED, SECOND, [(1, FIRST)]) == (
        job.state,
        job.provider,
        [(late.attempt, late.provider) for late in job.late_results],
    )


def test_what_comes_while_the_job_goes_on_for_long_is_there_at_its_end() -> None:
    """However long the second one takes: the week begins with the job's end."""
    gateway, second = two_providers()
    job = stalled(gateway, gateway.submit(WHOEVER_CAN))
    gateway.provider.outcomes, second.outcomes = [SUCCESS], [Running()]
    gateway.nudge(job)
    for _ in range(10):
        gateway.clock.go_on(86_400)
        gateway.queue.sent.clear()
        gateway.poll()
        for work, _ in [sent for sent in gateway.queue.sent if sent[0].kind is WorkKind.WATCH]:
            gateway.watch.run(work)
    second.outcomes = [SUCCESS]
    gateway.worker.run(Work.nudged(AttemptId(job.id, 2)))
    job = ended(gateway, job, None)
    gateway.queue.sent.clear()

    look(gateway)

    assert [1] == [late.attempt for late in gateway.job(job).late_results]


@pytest.mark.parametrize(
    "body",
    [
        WHOEVER_CAN | {"failover": "before_acceptance"},
        WHOEVER_CAN | {"failover": "never"},
        WHOEVER_CAN | {"provider": "first"},
    ],
)
def test_without_leave_or_another_provider_a_stalled_task_is_waited_for(body: dict[str, Any]) -> None:
    """It may be paid for twice otherwise: that is the caller's to say."""
    gateway, second = two_providers()
    job = gateway.submit(body)
    gateway.provider.outcomes = [Running()]
    while (gateway.clock() - job.created_at).total_seconds() < 3 * 3600:
        if not gateway.queue.sent:
            gateway.clock.go_on(60)
            gateway.poll()
        else:
            gateway.work()

    assert (State.RUNNING, FIRST, 0) == (gateway.job(job).state, gateway.job(job).provider, len(second.submitted))


# ---------------------------------------------------------------------------------------------------- crashes and deletion


def test_a_bus_that_refuses_is_told_again(gateway: Gateway) -> None:
    """The film is stored and on the job already: it is neither fetched nor written twice."""
    job = given_up_on(gateway)
    gateway.bus.refuses = {"Job Late Result"}
    with pytest.raises(ConnectionError):
        look(gateway, SUCCESS)
    assert 1 == len(gateway.delivery_queue.sent)  # the webhook waits for no bus
    gateway.bus.refuses = set()
    fetched = len(gateway.media.opened)

    look(gateway)

    assert (1, 1, fetched) == (len(gateway.job(job).late_results), len(told(gateway)), len(gateway.media.opened))


def test_a_message_that_comes_twice_does_nothing(gateway: Gateway) -> None:
    """The row expects another number by then."""
    job = given_up_on(gateway)
    look(gateway, SUCCESS)
    watch = the_watch(gateway)

    for number in range(watch.number + 1):
        gateway.watch.run(Work(kind=WorkKind.WATCH, id=job.id, number=number, attempt=1))

    assert (1, 1) == (len(gateway.job(job).late_results), len(told(gateway)))


def test_a_bus_that_refuses_for_good_is_given_up(gateway: Gateway) -> None:
    """A day after the week; the film is on the job."""
    job = given_up_on(gateway)
    gateway.bus.refuses = {"Job Late Result"}
    with pytest.raises(ConnectionError):
        look(gateway, SUCCESS)

    gateway.clock.go_on(8 * 86_400 + 60)
    look(gateway)

    assert (True, 1) == (the_watch(gateway).is_over, len(gateway.job(job).late_results))


def test_a_write_that_is_refused_is_made_again(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has written to the row: some minutes later nothing is fetched anew, and `job.json` is there once."""
    job = given_up_on(gateway)
    write = gateway.jobs.keep_late_result

    def meets_another(seen: Job, late: Any) -> Job:
        monkeypatch.setattr(gateway.jobs, "keep_late_result", write)
        gateway.jobs.rows[job.id] = replace(seen, number=seen.number + 1)
        return write(seen, late)

    monkeypatch.setattr(gateway.jobs, "keep_late_result", meets_another)
    look(gateway, SUCCESS)
    assert (False, ()) == (the_watch(gateway).is_storing, gateway.job(job).late_results)
    look(gateway)

    (late,) = gateway.job(job).late_results
    assert ["video", "provenance"] == [file.role for file in late.files]
    assert late.files[1].sha256 == hashlib.sha256(gateway.bucket.objects[late.files[1].key]).hexdigest()
    assert 1 == len(gateway.media.opened)


@pytest.mark.parametrize("before", ["keep_late_result", "get_with_request"])
def test_a_job_that_is_deleted_in_the_middle_leaves_nothing(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    """Whoever has stored its film takes it away again."""
    job = given_up_on(gateway)
    go_on = getattr(gateway.jobs, before)

    def is_gone(*arguments: Any) -> Any:
        gateway.jobs.delete(gateway.job(job))
        return go_on(*arguments)

    monkeypatch.setattr(gateway.jobs, before, is_gone)
    look(gateway, SUCCESS)

    assert ({}, {}) == (gateway.bucket.objects, gateway.watches.rows)


def test_what_a_dead_process_has_stored_is_deleted_as_well(gateway: Gateway) -> None:
    """No row names it."""
    job = given_up_on(gateway)
    look(gateway, SUCCESS)
    film = gateway.job(job).late_results[0].files[0]
    gateway.bucket.objects[film.key.replace("video.mp4", "copy.mp4")] = b"half of a copy"

    gateway.delete(job)

    assert {} == gateway.bucket.objects


def test_work_with_another_number_asks_nobody(gateway: Gateway) -> None:
    """The row says which message is good."""
    given_up_on(gateway)
    watch, asked = the_watch(gateway), gateway.provider.checked

    for number in (watch.number - 1, watch.number + 1):
        gateway.watch.run(Work(kind=WorkKind.WATCH, id=watch.job_id, number=number, attempt=1))

    assert (watch, asked) == (the_watch(gateway), gateway.provider.checked)


def test_two_that_look_at_once_store_it_once(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have asked the provider; whoever writes first goes on."""
    job = given_up_on(gateway)
    ask, work = (
        gateway.provider.check,
        Work(kind=WorkKind.WATCH, id=job.id, number=the_watch(gateway).number, attempt=1),
    )

    def ask_both(handle: Any) -> Any:
        monkeypatch.setattr(gateway.provider, "check", ask)
        gateway.watch.run(work)
        return ask(handle)

    monkeypatch.setattr(gateway.provider, "check", ask_both)
    gateway.provider.outcomes = [SUCCESS]
    gateway.watch.run(work)

    assert (1, 1, 1) == (len(gateway.media.opened), len(gateway.job(job).late_results), len(told(gateway)))


def test_a_callback_while_it_is_being_stored_does_nothing(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is at it is not disturbed."""
    job = given_up_on(gateway)
    store = gateway.bucket.store

    def call_back(*key: Any, **said: Any) -> Any:
        monkeypatch.setattr(gateway.bucket, "store", store)
        gateway.nudge(job)
        return store(*key, **said)

    monkeypatch.setattr(gateway.bucket, "store", call_back)
    look(gateway, SUCCESS)

    assert (1, 1, 1) == (len(gateway.media.opened), len(gateway.job(job).late_results), len(told(gateway)))


def test_deletion_takes_what_came_late_along(gateway: Gateway) -> None:
    """Nothing of the job is left in the bucket."""
    job = given_up_on(gateway)
    look(gateway, SUCCESS)

    gateway.delete(job)

    assert {} == gateway.bucket.objects


def test_a_deleted_jobs_attempts_are_watched_no_more(gateway: Gateway) -> None:
    """Nothing of them comes into the bucket, nor is the provider asked."""
    job = given_up_on(gateway)
    gateway.delete(job)
    asked = gateway.provider.checked

    look_after_a_week = gateway.poll()

    assert (0, asked, {}) == (look_after_a_week, gateway.provider.checked, gateway.bucket.objects)


def test_a_job_whose_late_result_is_being_stored_is_not_deleted(gateway: Gateway) -> None:
    """It would be left behind; some minutes later it can be, also where the process that stored it has died."""
    job = given_up_on(gateway)
    refused: list[str] = []

    def delete_meanwhile(*_: object, **__: object) -> None:
        with pytest.raises(WrongStateError) as error:
            gateway.delete(job)
        refused.append(error.value.code)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway.bucket, "store", delete_meanwhile)
        with pytest.raises(KeyboardInterrupt):
            look(gateway, SUCCESS)
    gateway.clock.go_on(600)

    gateway.delete(job)

    assert ["late_result"] == refused
    assert {} == gateway.jobs.rows
