"""Reading jobs and opening media: one's own, and only as long as a link lives."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from klingway.domain.errors import NotFoundError, NotReadyError, UnauthenticatedError
from klingway.domain.ids import Tenant
from klingway.domain.job import Job
from klingway.use_cases.ports import JobFilter
from klingway.use_cases.read_jobs import ReadJobs

from tests.use_cases.conftest import SUCCESS, Gateway

ACME, OTHER = Tenant("acme"), Tenant("other")
URL = "https://gateway.example"


def reader(gateway: Gateway) -> ReadJobs:
    return ReadJobs(
        jobs=gateway.jobs,
        bucket=gateway.bucket,
        keyring=lambda: gateway.keyring,
        now=gateway.clock,
        links=gateway.links,
    )


@pytest.fixture
def done(gateway: Gateway) -> Job:
    """A job of acme's that has succeeded."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    return gateway.job(job)


def link_of(gateway: Gateway, job: Job) -> tuple[str, int, str]:
    """Return name, end and signature of the link to a job's film."""
    parts = urlsplit(reader(gateway).one(ACME, job.id, public_url=URL)["result"]["files"][0]["url"])
    query = parse_qs(parts.query)
    return parts.path.rpartition("/")[2], int(query["exp"][0]), query["sig"][0]


def test_a_tenant_reads_its_own_jobs_alone(gateway: Gateway, done: Job) -> None:
    """Another tenant's id answers as one that there is not: to read, for its content, and in lists."""
    reading = reader(gateway)

    assert done.id == reading.one(ACME, done.id, public_url=URL)["id"]
    with pytest.raises(NotFoundError) as of_another:
        reading.one(OTHER, done.id, public_url=URL)
    with pytest.raises(NotFoundError):
        reading.content(OTHER, done.id, None)
    assert [] == reading.many(OTHER, JobFilter(), limit=10, after=None, public_url=URL)["jobs"]
    missing = "job_00000000000000000000000000"
    with pytest.raises(NotFoundError) as of_nobody:
        reading.one(ACME, missing, public_url=URL)
    assert str(of_another.value).replace(done.id, missing) == str(of_nobody.value)


@pytest.mark.parametrize("job_id", ["", "x", "job_", "apikey#abc", "../job", "job_" + "!" * 26])
def test_what_is_no_id_reaches_no_key_of_the_table(gateway: Gateway, job_id: str) -> None:
    """Anything that has not the form of an id is not found, without a read."""
    with pytest.raises(NotFoundError):
        reader(gateway).one(ACME, job_id, public_url=URL)


def test_a_link_opens_its_file_until_it_ends(gateway: Gateway, done: Job) -> None:
    """24 hours: good a second before, worthless a second after."""
    name, expires_at, signature = link_of(gateway, done)
    assert int((gateway.clock() + timedelta(hours=24)).timestamp()) == expires_at

    gateway.clock.go_on(24 * 3600 - 1)
    assert done.files[0].key in reader(gateway).media(done.id, name, expires_at=expires_at, signature=signature)
    gateway.clock.go_on(2)
    with pytest.raises(UnauthenticatedError):
        reader(gateway).media(done.id, name, expires_at=expires_at, signature=signature)


def test_a_link_is_good_for_nothing_else(gateway: Gateway, done: Job) -> None:
    """Another file, a later end, another job: each needs a signature of its own."""
    name, expires_at, signature = link_of(gateway, done)
    reading = reader(gateway)
    other = gateway.submit()

    for job_id, file, end in (
        (done.id, "job.json", expires_at),
        (done.id, name, expires_at + 1),
        (other.id, name, expires_at),
    ):
        with pytest.raises(UnauthenticatedError):
            reading.media(job_id, file, expires_at=end, signature=signature)


def test_a_job_without_a_result_has_no_content(gateway: Gateway) -> None:
    """Still running: 409 that says so; a file that there is not: 404 that lists what there is."""
    job = gateway.submit()
    with pytest.raises(NotReadyError, match="running"):
        reader(gateway).content(ACME, job.id, None)

    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    with pytest.raises(NotFoundError, match=r"video\.mp4, job\.json"):
        reader(gateway).content(ACME, job.id, "cover.jpg")


def test_files_are_shown_only_when_all_is_stored(gateway: Gateway, done: Job) -> None:
    """While storing, what lies in the bucket already is no result yet."""
    shown = reader(gateway).one(ACME, done.id, public_url=URL)

    assert ["video.mp4", "job.json"] == [file["name"] for file in shown["result"]["files"]]
    assert all(file["s3_uri"].startswith("s3://media-bucket/results/acme/") for file in shown["result"]["files"])
