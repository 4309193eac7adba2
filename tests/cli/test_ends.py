from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.fake_gateway import Answer, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

SUBMITTED = {
    "title": "Not in this state",
    "status": 409,
    "detail": "The job is running: klingai has it.",
    "problems": [],
}


def test_cancel(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The job is shown as it is then; the API's refusal is shown where it is too late."""
    gateway.says(
        "POST /v1/jobs/job_01J/cancel",
        Answer(200, gateway.job("canceled", result=None)),
        Answer(409, SUBMITTED),
    )
    result = klingway("cancel", "job_01J")
    assert (0, True) == (result.exit_code, "canceled" in result.stdout), result.output

    result = klingway("cancel", "job_01J")
    assert (1, True) == (result.exit_code, "klingai has it" in result.stderr)


def test_retry(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """The new job is shown, as JSON where that is asked for."""
    new = gateway.job("running", result=None, retry_of="job_01J")
    gateway.says("POST /v1/jobs/job_01J/retry", Answer(202, new))

    result = klingway("retry", "job_01J", "--key", "again", "--json")

    assert (0, new) == (result.exit_code, json.loads(result.stdout)), result.output


def test_delete(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """Asked first, unless that is waived; whoever says no has deleted nothing."""
    gateway.says("DELETE /v1/jobs/job_01J", Answer(204, None))

    refused = klingway("delete", "job_01J", input="n\n")
    deleted = klingway("delete", "job_01J", "--yes", "--json")

    assert (1, 0) == (refused.exit_code, deleted.exit_code), deleted.output
    assert {"id": "job_01J", "deleted": True} == json.loads(deleted.stdout)
