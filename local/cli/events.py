"""`klingway events`: tell of jobs' ends once more, on a deployed stack or on the twin, with AWS credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
from klingway.adapters.dynamodb_ended_jobs import DynamoDbEndedJobs
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.adapters.dynamodb_watches import DynamoDbWatches
from klingway.adapters.eventbridge import EventBridgeBus
from klingway.adapters.sqs_work import SqsDeliveryQueue
from klingway.bootstrap import now
from klingway.use_cases.follow_end import FollowEnd
from klingway.use_cases.replay_events import Outcome, ReplayEvents
from klingway.use_cases.settle_spending import SettleSpending

from local.cli import render
from local.cli.stack import stack_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from klingway.use_cases.replay_events import Replayed

    from local.cli.stack import Stack

_SAID: Final = {
    Outcome.REPLAYED: "told again",
    Outcome.REFUSED: "the bus did not take it; try again",
    Outcome.NOT_ENDED: "it has not ended",
    Outcome.NOT_FOUND: "there is no such job",
}


@click.group("events")
def events_command() -> None:
    """Tell of jobs' ends once more."""


@stack_command(events_command, "replay")
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
@click.option(
    "--since", metavar="TIME", help="Of the jobs that ended from then on: 2026-11-20T12:00:00Z, UTC if it says no zone."
)
@click.option("--until", metavar="TIME", help="And before then; now, if it is left out.")
@click.option(
    "--webhooks",
    is_flag=True,
    help="Have deliveries that failed (webhooks, callbacks, outbox files) tried once more, too.",
)
def replay(
    *, stack: Stack, as_json: bool, jobs: tuple[str, ...], since: str | None, until: str | None, webhooks: bool
) -> None:
    """Put the events of jobs' ends on the bus again, under the same ids and marked `"replay": true`.

    Name jobs, or a time. Exit code 1: there is one that was not told of.
    """
    if bool(jobs) == bool(since) or (until and not since):
        raise click.UsageError("Name jobs, or a time with --since and perhaps --until.")
    replaying = _replaying(stack)
    ids: Sequence[str] = replaying.ended(_time(since), _time(until) if until else now()) if since else jobs
    done = list(replaying.run(ids, with_deliveries=webhooks))
    if as_json:
        render.print_json({"jobs": [_replayed_to_json(each) for each in done]})
    elif not done:
        render.note("No job ended then.")
    else:
        rows = [(each.job_id, _event_id(each) or "", _SAID[each.outcome], ", ".join(each.deliveries)) for each in done]
        render.table(("job", "event", "", "sent once more"), rows)
    if any(each.outcome is not Outcome.REPLAYED for each in done):
        raise SystemExit(1)


def _replaying(stack: Stack) -> ReplayEvents:
    dynamodb, table = stack.client("dynamodb"), stack.output("TableName")
    return ReplayEvents(
        jobs=DynamoDbJobs(dynamodb, table),
        ended_jobs=DynamoDbEndedJobs(dynamodb, table),
        events=EventBridgeBus(stack.client("events"), stack.output("EventBusName")),
        deliveries=DynamoDbDeliveries(dynamodb, table),
        delivery_queue=SqsDeliveryQueue(lambda: stack.client("sqs"), stack.output("DeliveriesQueueUrl")),
        follow_end=FollowEnd(
            settle=SettleSpending(budgets=DynamoDbBudgets(dynamodb, table)),
            watches=DynamoDbWatches(dynamodb, table),
            now=now,
        ),
        now=now,
        bucket_name=stack.output("BucketName"),
    )


def _time(text: str) -> datetime:
    """Read a time.

    Raises:
        click.BadParameter: It is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time such as 2026-11-20T12:00:00Z.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _event_id(each: Replayed) -> str | None:
    return None if each.event is None else each.event.detail["event_id"]


def _replayed_to_json(each: Replayed) -> dict[str, Any]:
    return {
        "job_id": each.job_id,
        "outcome": each.outcome.value,
        "event_id": _event_id(each),
        "detail_type": None if each.event is None else each.event.detail_type,
        "deliveries": list(each.deliveries),
    }
