"""`klingway submit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from local.cli import render
from local.cli.building import build_request, read_request
from local.cli.client import ApiError, Gateway
from local.cli.connection import client_command
from local.cli.following import TooLongError, follow
from local.cli.jobs import fetch_files
from local.cli.request_options import request_options


@client_command("submit")
@request_options
@click.option("--webhook", metavar="URL", help="Where to tell of the job's end; see 'klingway webhook-secret'.")
@click.option("--reference", help="Your own name for the job.")
@click.option("--metadata", metavar="JSON", help="An object that comes back with the job and its events.")
@click.option(
    "--idempotency-key", metavar="KEY", help="Sent again, the same job comes back. Made for you where not given."
)
@click.option("--wait", is_flag=True, help="Follow the job until its end.")
@click.option(
    "--download",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Wait, and put the files into DIR/JOB/.",
)
@click.option("--timeout-s", type=click.FloatRange(min=1), default=1800, show_default=True, help="How long to wait.")
def submit_command(
    *,
    gateway: Gateway,
    as_json: bool,
    kind: str,
    file: str | None,
    idempotency_key: str | None,
    wait: bool,
    download: Path | None,
    timeout_s: float,
    **options: Any,  # noqa: ANN401 - as many types as options
) -> None:
    r"""Ask for a video, or for pictures.

    \b
    klingway submit "A fox trots through fresh snow" --wait --download .
    klingway submit --shot "Wide shot of a harbour=4" --shot "A gull takes off=3" --sound
    klingway submit "She turns and smiles" --first-frame a.png --last-frame b.png
    klingway submit --kind image "A fox, oil painting" --count 2 --wait --download .
    klingway submit --file request.json --json

    Exit code 0 when the job was accepted (with --wait: when it succeeded), 1 when not, 2 when the command is wrong.
    """
    request = build_request(read_request(file) if file else {}, **options)
    if not request:
        raise click.UsageError("Nothing to submit: give a PROMPT, --shot or --file.")
    job = gateway.submit(request, kind=kind, idempotency_key=idempotency_key)
    if wait or download:
        job = _until_over(gateway, job, timeout_s=timeout_s, quiet=as_json)
    saved = []
    if download and job["state"] == "succeeded":
        saved = fetch_files(
            gateway, job, download / job["id"], quiet=as_json
        )  # one job's files never replace another's
    if as_json:
        render.print_json(job)
    else:
        render.job(job)
        for path in saved:
            click.echo(path)
        if not (wait or download):
            render.note(f"\nFollow it with: klingway get {job['id']}")
    if (wait or download) and job["state"] != "succeeded":
        raise SystemExit(1)


def _until_over(gateway: Gateway, job: dict[str, Any], *, timeout_s: float, quiet: bool) -> dict[str, Any]:
    goes_on = f"{job['id']} goes on by itself; see it with: klingway get {job['id']}"
    try:
        with render.watching(quiet=quiet) as show:
            return follow(gateway, job, timeout_s=timeout_s, show=show)
    except TooLongError:
        raise ApiError("Not done yet", f"{goes_on} ({timeout_s:g} s are over).") from None
    except KeyboardInterrupt:
        render.note(goes_on)
        raise
