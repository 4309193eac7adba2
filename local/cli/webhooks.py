"""`klingway deliveries` and `klingway webhook-secret`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from local.cli import render
from local.cli.connection import client_command

if TYPE_CHECKING:
    from local.cli.client import Gateway


@client_command("deliveries")
@click.argument("job", metavar="JOB")
def deliveries_command(*, gateway: Gateway, as_json: bool, job: str) -> None:
    """Show what was sent about a job, to its webhook or the outbox, and each try."""
    said = gateway.deliveries(job)
    if as_json:
        render.print_json({"deliveries": said})
    else:
        render.deliveries(said)


@client_command("webhook-secret")
def webhook_secret_command(*, gateway: Gateway, as_json: bool) -> None:
    """Show the secret that your webhooks are signed with; any library of Standard Webhooks takes it as it is."""
    secret = gateway.webhook_secret()
    if as_json:
        render.print_json({"secret": secret})
    else:
        click.echo(secret)
