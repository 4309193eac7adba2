"""`klingway estimate` and `klingway providers`: what there is, and what it would cost, before anything is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from local.cli import render, render_estimates
from local.cli.building import build_request, read_request
from local.cli.connection import client_command
from local.cli.request_options import request_options

if TYPE_CHECKING:
    from local.cli.client import Gateway


@client_command("estimate")
@request_options
def estimate_command(*, gateway: Gateway, as_json: bool, kind: str, file: str | None, **options: Any) -> None:  # noqa: ANN401 - as many types as options
    r"""See which provider could do a request, at which price, and what it would be sent. Nothing is submitted.

    \b
    klingway estimate "A fox trots through fresh snow" --duration-s 10 --mode pro
    klingway estimate --file request.json --json

    Exit code 0 where some provider could do it.
    """
    request = build_request(read_request(file) if file else {}, **options)
    if not request:
        raise click.UsageError("Nothing to estimate: give a PROMPT, --shot or --file.")
    said = gateway.estimate(request, kind=kind)
    if as_json:
        render.print_json(said)
    else:
        render_estimates.estimates(said)
    if not any(each["is_possible"] for each in said["estimates"]):
        raise SystemExit(1)


@client_command("providers")
def providers_command(*, gateway: Gateway, as_json: bool) -> None:
    """See the gateway's providers, what each can do, and where its own API is spoken."""
    providers = gateway.providers()
    if as_json:
        render.print_json({"providers": providers})
    else:
        render_estimates.providers(providers, gateway.url)
