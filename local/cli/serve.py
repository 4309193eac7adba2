"""`klingway serve`: the twin until it is told to stop."""

from __future__ import annotations

import errno
import json
import shutil
import socket
import sys
import time
from typing import Any, Final
from urllib.parse import urlsplit

import click

from local.cli.stopping import StopRequestedError, stopping_on_signals
from local.surroundings import leave_the_persons_aws_alone

_HOST: Final = "127.0.0.1"
_PORTS: Final = click.IntRange(0, 65_535)
_LOUD: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})


@click.command("serve")
@click.option("--port", type=_PORTS, default=8787, show_default=True, help="Where to listen; 0 takes a free port.")
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="NAME=URL",
    help="Use this server instead of the provider's simulator. Repeatable.",
)
@click.option(
    "--webhook-origin",
    "webhook_origins",
    multiple=True,
    metavar="URL",
    help="Send webhooks to this server although it is on this machine. Repeatable.",
)
@click.option(
    "--simulated-seconds",
    type=click.FloatRange(min=0),
    default=3.0,
    show_default=True,
    help="How long a simulated generation takes; checks are scheduled by it.",
)
@click.option("--verbose", is_flag=True, help="Log each request and all that the functions say.")
def serve_command(
    *,
    port: int,
    upstreams: tuple[str, ...],
    webhook_origins: tuple[str, ...],
    simulated_seconds: float,
    verbose: bool,
) -> None:
    """Run the whole stack on this machine, with simulated providers, until Ctrl-C.

    When all is up, one line of JSON on standard output says where it is and with which key; logs go to standard error.
    """
    chosen = dict(read_upstream(text) for text in upstreams)
    for url in webhook_origins:
        _check_origin(url)
    _check_free(port)
    with stopping_on_signals():
        try:
            _serve(port, chosen, webhook_origins, simulated_seconds, verbose=verbose)
        except StopRequestedError:
            click.echo("Stopped.", err=True)


def _serve(
    port: int, upstreams: dict[str, str], webhook_origins: tuple[str, ...], simulated_s: float, *, verbose: bool
) -> None:
    from local.twin import Twin, UnknownProviderError  # noqa: PLC0415 - takes a second; mistakes are answered before

    try:
        twin = Twin(
            port=port,
            upstreams=upstreams,
            webhook_origins=webhook_origins,
            simulated_s=simulated_s,
            log=_log_all if verbose else log_what_matters,
            log_level="DEBUG" if verbose else "INFO",
        )
    except UnknownProviderError as error:
        raise click.UsageError(f"--upstream: {error}") from None
    leave_the_persons_aws_alone()
    with twin:
        line = twin.ready_line()
        click.echo(json.dumps(line))
        sys.stdout.flush()
        click.echo(_hint(line), err=True)
        while True:
            # A signal may reach another thread than this one, which alone can act on it: it looks up now and then.
            time.sleep(0.25)


def _hint(line: dict[str, Any]) -> str:
    pages = "".join(f"\n  {name}: {url}" for name, url in line["upstreams"].items())
    command = "klingway" if shutil.which("klingway") else sys.argv[0]
    return (
        f"\nKlingway is up. In another shell:\n\n"
        f"  export KLINGWAY_URL={line['url']} KLINGWAY_API_KEY={line['api_key']}\n"
        f'  {command} submit "A fox trots through fresh snow" --wait --download .\n\n'
        f"Providers:{pages}\n\nCtrl-C stops it."
    )


def read_upstream(text: str) -> tuple[str, str]:
    """Read `NAME=URL`.

    Raises:
        click.UsageError: It has not this form.
    """
    name, _, url = text.partition("=")
    if not name or not _is_server(url):
        message = f"--upstream {text!r}: write it as NAME=URL, for example klingai=http://127.0.0.1:9000."
        raise click.UsageError(message)
    return name, url


def _check_origin(url: str) -> None:
    """Refuse what is no address of a server.

    Raises:
        click.UsageError: With an example.
    """
    if not _is_server(url):
        raise click.UsageError(f"--webhook-origin {url!r}: give an address, for example http://127.0.0.1:9000.")


def _is_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return sound and not parts.query and not parts.fragment


def _check_free(port: int) -> None:
    """Refuse a port that is taken, before anything is started.

    Raises:
        click.UsageError: With what to do.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            fix = "Choose another with --port, or --port 0 for a free one."
            if error.errno == errno.EADDRINUSE:
                raise click.UsageError(f"Port {port} is in use by another program. {fix}") from None
            raise click.UsageError(f"Port {port} cannot be used: {error.strerror}. {fix}") from None


def _log_all(source: str, line: str) -> None:
    click.echo(f"{source}: {line}", err=True)


def log_what_matters(source: str, line: str) -> None:
    """Print what went wrong: warnings and errors of the functions, and what is no record of theirs, such as a traceback."""
    if source == "http":
        return
    try:
        record = json.loads(line)
    except ValueError:
        record = {"level": "WARNING"} if line.strip() else {}
    if isinstance(record, dict) and record.get("level") in _LOUD:
        _log_all(source, line)
