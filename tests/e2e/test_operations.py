"""`klingway dlq` and `klingway events` on the whole stack: what got stuck goes on, what was missed is told again."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
from klingway.bootstrap import now
from klingway.domain.deliveries import DeliveryState, give_up

from local.cli.main import main
from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulators.receiver import Receiver
    from local.twin import Twin
    from tests.e2e.caller import Caller

    Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as somebody with AWS credentials; returns its exit code and its JSON."""
    for name, value in {
        "AWS_ENDPOINT_URL": twin.cloud.aws_endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, Any]:
        result = CliRunner().invoke(main, [*arguments, "--region", twin.cloud.region, "--json"])
        return result.exit_code, json.loads(result.stdout)

    return run


def test_what_could_not_be_taken_in_is_sent_back(twin: Twin, caller: Caller, run: Run) -> None:
    """It is shown without its prompt, makes its one job though it is sent back twice, and what is no event stays."""
    sqs, url = twin.cloud.client("sqs"), twin.cloud.outputs["IntakeDeadLetterQueueUrl"]
    event_id, reference = str(uuid.uuid4()), f"stuck-{uuid.uuid4()}"
    detail = {"request": {"prompt": "unseen", "duration_s": 5, "provider": "klingai", "reference": reference}}
    stuck = json.dumps({"id": event_id, "source": "shop", "detail-type": "Video Requested", "detail": detail})
    for body in (stuck, stuck, "unseen as well"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    try:
        code, shown = run("dlq", "show", "--queue", "intake")
        assert 0 == code
        assert ["event", "event", "unknown"] == sorted(each["kind"] for each in shown["messages"])
        assert {event_id, None} == {each["about"] for each in shown["messages"]}
        assert "unseen" not in json.dumps(shown)

        assert (0, {"intake": {"moved": 2, "left": 1}}) == run("dlq", "redrive", "--queue", "intake")
        assert twin.cloud.settle()
        jobs = caller.http.get("/v1/jobs", params={"reference": reference}).json()["jobs"]
        assert [reference] == [job["reference"] for job in jobs]
    finally:
        sqs.purge_queue(QueueUrl=url)  # nothing may be left there at the twin's end


def test_an_end_is_told_again_and_a_failed_webhook_sent(
    twin: Twin, caller: Caller, receiver: Receiver, run: Run
) -> None:
    """By its time: the same event under its id, marked; the webhook under its own. A job that there is not is said."""
    receiver.answers["/missed"] = [500]
    since = now()
    job_id = caller.submit("told again", webhook={"url": f"{receiver.url}/missed"})
    caller.over(job_id)
    wait_until(lambda: len(receiver.at("/missed")) == 1, 10, "the first try")
    assert twin.cloud.settle()
    store = DynamoDbDeliveries(twin.cloud.client("dynamodb"), twin.cloud.outputs["TableName"])
    (pending,) = store.of(job_id)
    assert store.replace(give_up(pending, at=now()), expected=pending.number)

    code, said = run("events", "replay", "--since", since.isoformat(), "--webhooks")
    assert 0 == code
    (told,) = [each for each in said["jobs"] if each["job_id"] == job_id]
    assert ("replayed", "Job Succeeded", [pending.id]) == (told["outcome"], told["detail_type"], told["deliveries"])
    wait_until(lambda: len(receiver.at("/missed")) == 2, 10, "the second try")
    assert twin.cloud.settle()
    assert DeliveryState.DELIVERED is store.of(job_id)[0].state
    events = twin.cloud.published_events(twin.cloud.outputs["EventBusName"])
    first, again = [each["detail"] for each in events if each["detail"].get("job_id") == job_id]
    assert first | {"replay": True} == again
    nobody = "job_" + "0" * 26
    assert (1, "not_found") == ((found := run("events", "replay", nobody))[0], found[1]["jobs"][0]["outcome"])
