"""`klingway cancel`, `retry` and `delete`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from local.cli import render
from local.cli.connection import client_command

if TYPE_CHECKING:
    from local.cli.client import Gateway


@client_command("cancel")
@click.argument("job", metavar="JOB")
def cancel_command(*, gateway: Gateway, as_json: bool, job: str) -> None:
    """Cancel a job that is queued or preparing; once a provider has it, no one can."""
    said = gateway.cancel(job)
    if as_json:
        render.print_json(said)
    else:
        render.job(said)


@client_command("retry")
@click.argument("job", metavar="JOB")
@click.option("--key", help="Your name for this retry: the same again makes no second job. Default: a new one.")
def retry_command(*, gateway: Gateway, as_json: bool, job: str, key: str | None) -> None:
    """Ask once more for what an ended job was asked for; the new job is paid for anew."""
    said = gateway.retry(job, idempotency_key=key or str(uuid.uuid4()))
    if as_json:
        render.print_json(said)
    else:
        render.job(said)


@client_command("delete")
@click.argument("job", metavar="JOB")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_command(*, gateway: Gateway, as_json: bool, job: str, yes: bool) -> None:
    """Delete an ended job with its media; nothing of it comes back."""
    if not yes:
        click.confirm(f"Delete {job} and its media from the bucket for good?", abort=True, err=True)
    gateway.delete(job)
    if as_json:
        render.print_json({"id": job, "deleted": True})
    else:
        click.echo(f"{job} is deleted.")
