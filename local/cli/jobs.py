"""`klingway get`, `list` and `download`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from local.cli import render
from local.cli.connection import client_command
from local.cli.downloads import download_file, files_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cli.client import Gateway

_MOST_AT_ONCE: Final = 50


@client_command("get")
@click.argument("job", metavar="JOB")
def get_command(*, gateway: Gateway, as_json: bool, job: str) -> None:
    """Show a job."""
    said = gateway.job(job)
    if as_json:
        render.print_json(said)
    else:
        render.job(said)


@client_command("list")
@click.option("--state", help="Only jobs in this state: running, succeeded, failed, ...")
@click.option("--provider", help="Only this provider's.")
@click.option("--reference", help="Only those you gave this name.")
@click.option("--limit", type=click.IntRange(min=1), help="How many; the gateway gives 20 where nothing is said.")
@click.option("--cursor", help="Go on where the list before ended.")
@click.option("--all", "everything", is_flag=True, help="All of them, page by page.")
def list_command(
    *, gateway: Gateway, as_json: bool, limit: int | None, cursor: str | None, everything: bool, **which: str | None
) -> None:
    """List jobs, newest first."""
    if everything and cursor:
        raise click.UsageError("--all begins at the beginning; leave --cursor out.")
    jobs: list[dict[str, Any]] = []
    while True:
        wanted = _MOST_AT_ONCE if everything and limit is None else limit and limit - len(jobs)
        page = gateway.jobs(**which, limit=wanted and min(wanted, _MOST_AT_ONCE), cursor=cursor)
        jobs += page["jobs"]
        cursor = page["next_cursor"]
        if not cursor or not (everything or limit) or (limit and len(jobs) >= limit):
            break
    if as_json:
        render.print_json({"jobs": jobs, "next_cursor": cursor})
    else:
        render.job_list(jobs, cursor)


@client_command("download")
@click.argument("job", metavar="JOB")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where to; default: ./JOB/.")
def download_command(*, gateway: Gateway, as_json: bool, job: str, folder: Path | None) -> None:
    """Download a job's files; each one is there whole, with the checksum that the job says, or not at all."""
    said = gateway.job(job)
    saved = fetch_files(gateway, said, folder or Path(said["id"]), quiet=as_json)
    if as_json:
        files = [file | {"path": str(path)} for file, path in zip(files_of(said), saved, strict=True)]
        render.print_json({"id": said["id"], "files": files})
    else:
        for path in saved:
            click.echo(path)


def fetch_files(gateway: Gateway, job: Mapping[str, Any], folder: Path, *, quiet: bool = False) -> list[Path]:
    """Download all files of a job, showing how far it is; return where they lie.

    Raises:
        ApiError: There are none, or one of them could not be had whole.
        click.ClickException: The folder cannot be written to.
    """
    files = files_of(job)
    try:
        with render.downloading(quiet=quiet) as begin:
            return [
                download_file(gateway, job["id"], file, folder, progress=begin(file["name"], file["size_bytes"]))
                for file in files
            ]
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written to: {error.strerror}.") from error
