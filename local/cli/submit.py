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


@client_command("submit")
@click.argument("prompt", required=False)
@click.option("--file", "file", metavar="JSON", help="The request as a file; '-' reads it here. Options win over it.")
@click.option("--model", help="kling-v3-omni (default), kling-v3, kling-video-o1.")
@click.option("--mode", help="std (720p, default), pro (1080p), 4k.")
@click.option("--duration-s", type=int, help="Seconds, 3 to 15; default 5.")
@click.option("--aspect-ratio", help="16:9 (default), 9:16, 1:1.")
@click.option("--sound/--no-sound", default=None, help="Make sound too.")
@click.option("--negative-prompt", help="What to keep out.")
@click.option("--watermark/--no-watermark", default=None, help="Ask for a marked copy besides.")
@click.option("--cfg-scale", type=float, help="How closely to keep to the prompt, 0 to 1.")
@click.option(
    "--image", multiple=True, metavar="URL_OR_FILE", help="A picture to refer to as <<<image_1>>>. Repeatable."
)
@click.option("--first-frame", metavar="URL_OR_FILE", help="The picture to begin with.")
@click.option("--last-frame", metavar="URL_OR_FILE", help="The picture to end with.")
@click.option("--element", multiple=True, metavar="ID", help="An element that exists. Repeatable.")
@click.option("--video", metavar="URL", help="A clip to work from.")
@click.option("--video-use", help="edit (default): change this very clip; feature: take its style or motion.")
@click.option("--keep-sound/--drop-sound", default=None, help="Whether the clip's own sound stays.")
@click.option(
    "--shot", multiple=True, metavar="PROMPT=SECONDS", help="Instead of PROMPT, a shot of several. Repeatable."
)
@click.option("--shot-split", help="intelligence: the model splits PROMPT into shots by itself.")
@click.option("--provider", multiple=True, metavar="NAME", help="Whose Kling; repeat for an order of preference.")
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
    file: str | None,
    idempotency_key: str | None,
    wait: bool,
    download: Path | None,
    timeout_s: float,
    **options: Any,  # noqa: ANN401 - as many types as options
) -> None:
    r"""Ask for a video.

    \b
    klingway submit "A fox trots through fresh snow" --wait --download .
    klingway submit --shot "Wide shot of a harbour=4" --shot "A gull takes off=3" --sound
    klingway submit "She turns and smiles" --first-frame a.png --last-frame b.png
    klingway submit --file request.json --json

    Exit code 0 when the job was accepted (with --wait: when it succeeded), 1 when not, 2 when the command is wrong.
    """
    request = build_request(read_request(file) if file else {}, **options)
    if not request:
        raise click.UsageError("Nothing to submit: give a PROMPT, --shot or --file.")
    job = gateway.submit(request, idempotency_key=idempotency_key)
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
