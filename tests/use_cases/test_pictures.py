"""Requests for pictures: the same life as a video's, with as many files as there are pictures."""

import json
from contextlib import AbstractContextManager

import pytest
from klingway.domain.job import Job, State
from klingway.providers.contract import Media, Succeeded
from klingway.use_cases.ports import Measured, MediaError, OpenedMedia

from tests.use_cases.conftest import Gateway

ONE, TWO, MARKED = (f"https://cdn.example/{name}.png" for name in ("one", "two", "marked"))
BODY = {"prompt": "a fox", "count": 2, "aspect_ratio": "16:9"}
PICTURES = (Media(ONE, "image", 1), Media(TWO, "image", 2))
PREFIX = "results/acme/2026/11/20/{}/1/"


@pytest.fixture
def job(gateway: Gateway) -> Job:
    """A request for two pictures that a provider has taken."""
    gateway.measured = Measured(None, 1920, 1080)
    gateway.media.content_type = "image/png"
    gateway.media.files = {ONE: b"one", TWO: b"two", MARKED: b"marked"}
    return gateway.submit(BODY, kind="image")


def end(gateway: Gateway, job: Job, *media: Media) -> Job:
    gateway.provider.outcomes = [Succeeded(media=media)]
    gateway.nudge(job)
    return gateway.job(job)


def test_each_picture_is_a_file_of_its_own(gateway: Gateway, job: Job) -> None:
    """`image_1.png` and `image_2.png`, in the order in which the provider has them, and the provenance."""
    done = end(gateway, job, *PICTURES)

    assert (State.SUCCEEDED, "image", ()) == (done.state, done.kind, done.result_mismatch)
    assert [("image_1.png", "image"), ("image_2.png", "image"), ("job.json", "provenance")] == [
        (file.name, file.role) for file in done.files
    ]
    assert (b"one", b"two") == tuple(gateway.bucket.objects[PREFIX.format(job.id) + f"image_{n}.png"] for n in (1, 2))
    assert "image/png" == gateway.bucket.types[PREFIX.format(job.id) + "image_1.png"]
    assert BODY == json.loads(gateway.bucket.objects[PREFIX.format(job.id) + "job.json"])["request"]


def test_a_picture_less_than_asked_is_a_mismatch(gateway: Gateway, job: Job) -> None:
    """Two were asked for and one came: the job succeeds and says so; a wrong shape is said as well."""
    gateway.measured = Measured(None, 1000, 1000)

    done = end(gateway, job, PICTURES[0])

    assert (State.SUCCEEDED, ("count", "aspect_ratio")) == (done.state, done.result_mismatch)


@pytest.mark.usefixtures("job")
def test_a_series_of_open_number_has_no_count_to_miss(gateway: Gateway) -> None:
    """`auto` leaves the number, and the shape, to the model."""
    open_series = gateway.submit(
        {"prompt": "a fox", "series": True, "count": "auto", "aspect_ratio": "auto"}, kind="image"
    )

    assert () == end(gateway, open_series, *PICTURES).result_mismatch


def test_a_picture_that_cannot_be_had_yet_keeps_those_that_are_there(gateway: Gateway, job: Job) -> None:
    """The second one fails once: the first is not fetched again, and nothing is announced before both are stored."""
    gateway.media.files[TWO] = MediaError("the media's host answered HTTP 503")
    waiting = end(gateway, job, *PICTURES)
    assert (State.STORING, ["image_1.png"]) == (waiting.state, [file.name for file in waiting.files])

    gateway.media.files[TWO] = b"two"
    gateway.work()

    assert State.SUCCEEDED is gateway.job(job).state
    assert [ONE, TWO, TWO] == gateway.media.opened


def test_a_picture_that_will_not_do_keeps_no_other_from_being_stored(gateway: Gateway, job: Job) -> None:
    """The first of two is refused for good: the second is stored in the same run, while its link is good, and is the result."""
    gateway.media.files[ONE] = MediaError("the media's address is refused", is_permanent=True)
    waiting = end(gateway, job, *PICTURES)
    assert (["image_2.png"], 1) == ([file.name for file in waiting.files], waiting.store_refusals)

    while not gateway.job(job).state.is_terminal:
        gateway.work()

    done = gateway.job(job)
    assert (State.SUCCEEDED, ["image_2.png", "job.json"]) == (done.state, [file.name for file in done.files])
    assert 1 == gateway.media.opened.count(TWO)


def test_one_that_may_yet_come_is_waited_for_beside_one_that_will_not_do(gateway: Gateway, job: Job) -> None:
    """Both reasons are told, and the run does not count as refused: an outage passes."""
    gateway.media.files[ONE] = MediaError("the media's address is refused", is_permanent=True)
    gateway.media.files[TWO] = MediaError("the media's host answered HTTP 503")

    waiting = end(gateway, job, *PICTURES)

    assert "the media's address is refused; the media's host answered HTTP 503" == waiting.store_error
    assert 0 == waiting.store_refusals


def test_a_picture_that_hangs_does_not_take_every_runs_time(gateway: Gateway, job: Job) -> None:
    """The first takes a minute to fail, which leaves no time: the next run begins with the second."""
    open_media = gateway.media.open

    def hang(url: str) -> AbstractContextManager[OpenedMedia]:
        if url == ONE:
            gateway.clock.go_on(60)
        return open_media(url)

    gateway.media.files[ONE] = MediaError("the media's host did not answer in time")
    gateway.media.open = hang  # type: ignore[method-assign]
    end(gateway, job, *PICTURES)
    assert [ONE] == gateway.media.opened

    gateway.work()

    assert [ONE, TWO, ONE] == gateway.media.opened
    assert ["image_2.png"] == [file.name for file in gateway.job(job).files]

    gateway.media.files[ONE] = b"one"
    gateway.work()

    assert ["image_1.png", "image_2.png", "job.json"] == [file.name for file in gateway.job(job).files]


def test_a_missing_picture_is_no_mere_copy(gateway: Gateway, job: Job) -> None:
    """After four tries the job still waits for it: it is part of what was paid for."""
    gateway.media.files[TWO] = MediaError("the media's host answered HTTP 503")
    end(gateway, job, *PICTURES)
    for _ in range(5):
        gateway.work()

    assert State.STORING is gateway.job(job).state


def test_a_marked_copy_alone_is_not_waited_for(gateway: Gateway, job: Job) -> None:
    """Both pictures are there and a watermarked copy is not: after four tries the job succeeds, with a warning."""
    gateway.media.files[MARKED] = MediaError("the media's host answered HTTP 503")
    end(gateway, job, *PICTURES, Media(MARKED, "watermarked", 1))
    while gateway.job(job).state is State.STORING:
        gateway.work()

    done = gateway.job(job)
    assert (State.SUCCEEDED, 4) == (done.state, done.store_tries)
    assert ["the watermarked copy could not be stored: the media's host answered HTTP 503"] == list(done.warnings)


def test_pictures_given_up_on_leave_those_that_are_stored(gateway: Gateway, job: Job) -> None:
    """One of two will never do: after an hour the job succeeds with the other, and says what is missing."""
    gateway.media.files[TWO] = MediaError("the media's address is refused", is_permanent=True)
    end(gateway, job, *PICTURES)
    while not gateway.job(job).state.is_terminal:
        gateway.work()

    done = gateway.job(job)
    assert (State.SUCCEEDED, ("count",)) == (done.state, done.result_mismatch)
    assert ["image_1.png", "job.json"] == [file.name for file in done.files]
    assert ["not all of the result could be stored: the media's address is refused"] == list(done.warnings)


def test_what_is_no_picture_is_not_stored_as_one(gateway: Gateway, job: Job) -> None:
    """A file without width is refused for what it is."""
    gateway.measured = Measured(None, None, None)

    waiting = end(gateway, job, *PICTURES)

    assert State.STORING is waiting.state
    assert "what came is no picture (image/png, 3 bytes)" == waiting.store_error
