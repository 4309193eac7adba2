"""Bringing a result into the bucket: whole or not at all, tried for long, and never worth less than was paid for it."""

import json
from typing import Any

import pytest
from klingway.domain.job import LearntBy, State
from klingway.providers.contract import Media, Succeeded
from klingway.use_cases.ports import Measured, MediaError, StoredObject

from tests.use_cases.conftest import FILM, SUCCESS, VIDEO_URL, Gateway, succeeded, unreachable


def test_the_provenance_says_how_the_film_came_to_be(gateway: Gateway) -> None:
    """job.json holds the request, the provider's task, the checksum of each file, and no signed link."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)

    said = json.loads(gateway.bucket.objects[f"results/acme/2026/11/20/{job.id}/1/job.json"])

    assert {"prompt": "a fox", "duration_s": 5} == said["request"]
    assert ("succeeded", "task-1") == (said["state"], said["attempts"][0]["task_id"])
    assert gateway.job(job).files[0].sha256 == said["result"]["files"][0]["sha256"]
    assert "url" not in said["result"]["files"][0]


def test_the_job_succeeds_only_after_the_bytes_are_stored(gateway: Gateway) -> None:
    """While the copy is under way the row says `storing`; `succeeded` is the last write of all."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    states_at_store = []
    store = gateway.bucket.store
    gateway.bucket.store = lambda *a, **k: (states_at_store.append(gateway.job(job).state), store(*a, **k))[1]  # type: ignore[method-assign]

    gateway.nudge(job)

    assert [State.STORING, State.STORING] == states_at_store
    assert State.SUCCEEDED is gateway.jobs.history[-1].state


@pytest.mark.parametrize("reason", ["the media ended short: 3 of 6 bytes", "the media's host answered HTTP 403"])
def test_media_that_cannot_be_fetched_is_fetched_again_with_a_new_link(gateway: Gateway, reason: str) -> None:
    """The job stays `storing`; the provider is asked anew, for its links may be new, after a back-off."""
    job = gateway.submit()
    gateway.media.files = {"https://cdn.example/old": MediaError(reason), VIDEO_URL: FILM}
    gateway.provider.outcomes = [Succeeded(media=(Media("https://cdn.example/old", "video"),)), SUCCESS]

    gateway.nudge(job)
    assert (State.STORING, 1) == (gateway.job(job).state, gateway.job(job).store_tries)
    assert 5 == gateway.work()

    assert (State.SUCCEEDED, LearntBy.CALLBACK) == (gateway.job(job).state, gateway.job(job).learnt_by)
    assert ["https://cdn.example/old", VIDEO_URL] == gateway.media.opened


def test_media_that_will_not_do_fails_after_a_handful_of_tries_with_the_reason(gateway: Gateway) -> None:
    """An address that is refused for good: an hour of new links, then an error that says that the video was made."""
    job = gateway.submit()
    gateway.media.files = {VIDEO_URL: MediaError("the media's address is refused", is_permanent=True)}
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job)
    waits = []
    while not gateway.job(job).state.is_terminal:
        waits.append(gateway.work())

    job = gateway.job(job)
    assert job.error is not None
    assert (State.FAILED, "result_not_stored", False) == (job.state, job.error.code, job.error.retryable)
    assert "address is refused" in job.error.message
    assert [60, 120, 240, 480, 960, 1920] == waits


def test_media_that_may_come_is_tried_for_a_week_ever_more_rarely(gateway: Gateway) -> None:
    """A host that is down: at most an hour between two tries, the reason on the job meanwhile, given up after 7 days."""
    job = gateway.submit()
    gateway.media.files = {VIDEO_URL: MediaError("the media's host answered HTTP 503")}
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    began, waits = gateway.clock(), []
    while not gateway.job(job).state.is_terminal:
        assert gateway.job(job).store_error == "the media's host answered HTTP 503"
        waits.append(gateway.work())

    assert 7 * 86_400 < (gateway.clock() - began).total_seconds() < 7 * 86_400 + 3601
    assert (3600, True) == (max(waits), len(waits) < 200)


def test_one_odd_answer_among_outages_ends_nothing(gateway: Gateway) -> None:
    """Five failures that may pass, then one page in place of the film: that is no verdict on a video that was paid for."""
    job = gateway.submit()
    gateway.media.files = {VIDEO_URL: MediaError("HTTP 503")}
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    for _ in range(5):
        gateway.work()
    gateway.media.files = {VIDEO_URL: MediaError("what came is no film", is_permanent=True)}
    gateway.work()
    assert (State.STORING, 1) == (gateway.job(job).state, gateway.job(job).store_refusals)

    gateway.media.files = {VIDEO_URL: FILM}
    gateway.work()
    assert State.SUCCEEDED is gateway.job(job).state


def test_copies_that_keep_dying_end_within_a_week(gateway: Gateway) -> None:
    """A worker that is killed in the middle of each copy tells nobody: its runs are counted, and given up after 7 days."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]

    def die(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    gateway.bucket.store = die  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        gateway.nudge(job)
    gateway.clock.go_on(311)
    gateway.poll()
    with pytest.raises(KeyboardInterrupt):
        gateway.work()
    assert 2 == gateway.job(job).store_tries

    gateway.clock.go_on(7 * 86_400)
    gateway.poll()
    gateway.work()
    job = gateway.job(job)
    assert job.error is not None
    assert (State.FAILED, "result_not_stored") == (job.state, job.error.code)


def test_a_film_in_the_bucket_is_a_success_whatever_becomes_of_its_copy(gateway: Gateway) -> None:
    """The film is kept, and the provider cannot be asked for the copy any more: the job succeeds with a warning."""
    marked = "https://cdn.example/marked.mp4"
    job = gateway.submit({"prompt": "a fox", "watermark": True})
    gateway.media.files[marked] = MediaError("HTTP 503")
    both = Succeeded(media=(Media(VIDEO_URL, "video"), Media(marked, "watermarked")))
    gateway.provider.outcomes = [both, unreachable()]

    gateway.nudge(job)
    while not gateway.job(job).state.is_terminal:
        gateway.work()

    job = gateway.job(job)
    assert (State.SUCCEEDED, ["video", "provenance"]) == (job.state, [file.role for file in job.files])
    assert (1, 1, 4) == (gateway.media.opened.count(VIDEO_URL), len(job.warnings), job.store_tries)


def test_a_copy_besides_the_film_is_not_worth_losing_it(gateway: Gateway) -> None:
    """The watermarked copy cannot be had: the film is fetched once, and after some tries the job succeeds without the copy."""
    marked = "https://cdn.example/marked.mp4"
    job = gateway.submit({"prompt": "a fox", "watermark": True})
    gateway.media.files[marked] = MediaError("the media's host answered HTTP 404")
    gateway.provider.outcomes = [Succeeded(media=(Media(VIDEO_URL, "video"), Media(marked, "watermarked")))]

    gateway.nudge(job)
    assert (State.STORING, ("video",)) == (gateway.job(job).state, tuple(f.role for f in gateway.job(job).files))
    while not gateway.job(job).state.is_terminal:
        gateway.work()

    job = gateway.job(job)
    assert (State.SUCCEEDED, ["video", "provenance"]) == (job.state, [file.role for file in job.files])
    assert 1 == gateway.media.opened.count(VIDEO_URL)
    (warning,) = job.warnings
    assert "watermarked" in warning
    assert "404" in warning


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (Measured(None, 1280, 720), "no film"),
        (Measured(None, None, None), "no film"),
        (Measured(5.04, 1280, 720, is_truncated=True), "ended short"),
    ],
    ids=["a picture", "nothing", "a cut film"],
)
def test_what_is_no_whole_film_is_no_success(gateway: Gateway, measured: Measured, words: str) -> None:
    """A picture, garbage, and a film whose container promises more than came are not taken for the result."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.measured = measured

    gateway.nudge(job)

    job = gateway.job(job)
    assert State.STORING is job.state
    assert job.store_error is not None
    assert words in job.store_error


def test_storing_that_breaks_unexpectedly_is_tried_again_and_counted(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bucket refuses once: the copy is tried again after a back-off, not after the queue's half hour."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    store = gateway.bucket.store

    def refuse(*_: object, **__: object) -> object:
        gateway.bucket.store = store  # type: ignore[method-assign]
        raise ConnectionError

    gateway.bucket.store = refuse  # type: ignore[method-assign, assignment]
    gateway.nudge(job)
    assert [1] == json.loads(capsys.readouterr().out)["StoringInterrupted"]
    assert 5 == gateway.work()

    assert State.SUCCEEDED is gateway.job(job).state


def test_a_copy_whose_worker_died_is_begun_anew_by_the_poller(gateway: Gateway) -> None:
    """Killed while copying: the row falls due after the worker's time-out, and the result is stored after all."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    store = gateway.bucket.store

    def die(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    gateway.bucket.store = die  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        gateway.nudge(job)
    gateway.bucket.store = store  # type: ignore[method-assign]
    assert 0 == gateway.poll()

    gateway.clock.go_on(300 + 11)
    assert 1 == gateway.poll()
    gateway.work()

    assert (State.SUCCEEDED, 1) == (gateway.job(job).state, succeeded(gateway))


def test_a_result_unlike_what_was_asked_is_marked(gateway: Gateway) -> None:
    """10 s in 9:16 were asked for, 5.04 s in 16:9 came: stored all the same, both named."""
    job = gateway.submit({"prompt": "a fox", "duration_s": 10, "aspect_ratio": "9:16"})
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job)

    assert ("duration_s", "aspect_ratio") == gateway.job(job).result_mismatch


def test_a_further_file_is_begun_only_where_there_is_time_for_it(gateway: Gateway) -> None:
    """The film took a minute: its copy has a run of its own, or the worker might be killed in the middle of it."""
    marked = "https://cdn.example/marked.mp4"
    job = gateway.submit({"prompt": "a fox", "watermark": True})
    gateway.media.files[marked] = FILM
    gateway.provider.outcomes = [Succeeded(media=(Media(VIDEO_URL, "video"), Media(marked, "watermarked")))]
    store = gateway.bucket.store

    def store_slowly(*args: Any, **kwargs: Any) -> StoredObject:
        gateway.clock.go_on(60)
        return store(*args, **kwargs)

    gateway.bucket.store = store_slowly  # type: ignore[method-assign]
    gateway.nudge(job)
    assert [VIDEO_URL] == gateway.media.opened
    gateway.work()

    assert State.SUCCEEDED is gateway.job(job).state
    assert [VIDEO_URL, marked] == gateway.media.opened
