"""`klingway dlq`: what lies on the dead letter queues of a deployed stack or of the twin, with AWS credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click
from klingway.adapters.sqs_dead_letters import SqsDeadLetters
from klingway.domain.dead_letters import QueueName
from klingway.domain.ids import iso
from klingway.use_cases.dead_letters import DeadLetters

from local.cli import render
from local.cli.stack import stack_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from klingway.use_cases.dead_letters import Shown

    from local.cli.stack import Stack

_ALL: Final = "all"
_MOST_SHOWN: Final = 100


@dataclass(frozen=True)
class _Outputs:
    """The stack's outputs with the addresses of a queue and of its dead letter queue."""

    source: str
    dead_letters: str


_OUTPUTS: Final = {
    QueueName.WORK: _Outputs("WorkQueueUrl", "WorkDeadLetterQueueUrl"),
    QueueName.INTAKE: _Outputs("IntakeQueueUrl", "IntakeDeadLetterQueueUrl"),
    QueueName.DELIVERIES: _Outputs("DeliveriesQueueUrl", "DeliveriesDeadLetterQueueUrl"),
}


def _queue_option(function: Callable[..., None]) -> Callable[..., None]:
    choices = click.Choice([*(name.value for name in QueueName), _ALL])
    return click.option("--queue", type=choices, default=_ALL, show_default=True, help="Which one's.")(function)


@click.group("dlq")
def dlq_command() -> None:
    """Show what lies on the dead letter queues, and send it back to where it came from."""


@stack_command(dlq_command, "show")
@_queue_option
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=_MOST_SHOWN,
    show_default=True,
    help="At most so many of each queue.",
)
def show(*, stack: Stack, as_json: bool, queue: str, limit: int) -> None:
    """Show what each message is about, nothing else of it; to be shown counts as a reception, and changes nothing."""
    letters = _dead_letters(stack)
    found = [(name, shown) for name in _names(queue) for shown in letters.show(name, limit=limit)]
    if as_json:
        render.print_json({"messages": [_shown_to_json(name, shown) for name, shown in found]})
    elif not found:
        render.note("There are no dead letters.")
    else:
        rows = [[str(value or "") for value in _shown_to_json(name, shown).values()] for name, shown in found]
        render.table(("queue", "kind", "about", "received", "since", "reason", "message"), rows)


@stack_command(dlq_command, "redrive")
@_queue_option
def redrive(*, stack: Stack, as_json: bool, queue: str) -> None:
    """Send messages back to the queues they came from; what was done already is not done again.

    A message that is none of Klingway's stays where it is: it would only come back.
    """
    letters = _dead_letters(stack)
    done = {name.value: letters.redrive(name) for name in _names(queue)}
    if as_json:
        render.print_json({name: {"moved": each.moved, "left": each.left} for name, each in done.items()})
        return
    for name, each in done.items():
        left = f"; {each.left} left, which nothing can be done with" if each.left else ""
        click.echo(f"{name}: {each.moved} sent back{left}.")


def _names(queue: str) -> list[QueueName]:
    return list(QueueName) if queue == _ALL else [QueueName(queue)]


def _dead_letters(stack: Stack) -> DeadLetters:
    client = stack.client("sqs")
    return DeadLetters(
        queues={
            name: SqsDeadLetters(client, url=stack.output(of.dead_letters), source_url=stack.output(of.source))
            for name, of in _OUTPUTS.items()
        }
    )


def _shown_to_json(name: QueueName, shown: Shown) -> dict[str, Any]:
    """Return what may be seen of a message: nothing of its body but what it is about."""
    message, letter = shown.message, shown.letter
    return {
        "queue": name.value,
        "kind": letter.kind if letter else "unknown",
        "about": letter.about if letter else None,
        "received": message.received,
        "since": iso(message.sent_at),
        "reason": message.reason,
        "message_id": message.id,
    }
