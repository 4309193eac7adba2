"""Where the gateway is, with which key, and whether answers are wanted as JSON: what all client commands share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from local.cli.client import ApiError, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_URL: Final = "http://127.0.0.1:8787"
_Function = TypeVar("_Function", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Connection:
    """How to reach a gateway."""

    url: str = DEFAULT_URL
    api_key: str = ""

    def open(self) -> Gateway:
        """Return a client of the gateway.

        Raises:
            click.UsageError: There is no key, or the address is none.
        """
        if not self.url.startswith(("http://", "https://")):
            raise click.UsageError(f"{self.url!r} is no address of a gateway; give one such as {DEFAULT_URL}.")
        if not self.api_key:
            raise click.UsageError(
                "No API key. Set KLINGWAY_API_KEY or give --api-key; 'klingway serve' prints one for this machine, "
                "'klingway init' makes one for a deployed stack."
            )
        return Gateway(self.url, self.api_key)


def connection_options(function: _Function) -> _Function:
    """Give a command `--url` and `--api-key`, as one argument `connection`; one named there wins over the group's."""

    @click.option("--url", envvar="KLINGWAY_URL", help=f"The gateway's address (KLINGWAY_URL; {DEFAULT_URL}).")
    @click.option("--api-key", envvar="KLINGWAY_API_KEY", help="A key of yours (KLINGWAY_API_KEY).")
    @functools.wraps(function)
    def wrapped(*args: Any, url: str | None, api_key: str | None, **kwargs: Any) -> Any:  # noqa: ANN401 - click's
        context = click.get_current_context()
        connection = context.obj if isinstance(context.obj, Connection) else Connection()
        # An option that came from the environment must not win over one written out before the subcommand.
        written = click.core.ParameterSource.COMMANDLINE
        top = context.parent is None
        if url and (top or context.get_parameter_source("url") is written):
            connection = replace(connection, url=url)
        if api_key and (top or context.get_parameter_source("api_key") is written):
            connection = replace(connection, api_key=api_key)
        return function(*args, connection=connection, **kwargs)

    return wrapped  # type: ignore[return-value] # click's decorators change what is called, not what it is


def json_option(function: _Function) -> _Function:
    """Give a command `--json` as the argument `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, refusals too.")(function)


def client_command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of the gateway's client: it gets `gateway` and `as_json`, and refusals are printed, with exit code 1."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def run(*args: Any, connection: Connection, as_json: bool, **kwargs: Any) -> Any:  # noqa: ANN401 - click's
            with connection.open() as gateway:
                try:
                    return function(*args, gateway=gateway, as_json=as_json, **kwargs)
                except ApiError as error:
                    from local.cli import render  # noqa: PLC0415 - loads rich, for refusals alone

                    render.refusal(error, as_json=as_json)
                    raise SystemExit(1) from None

        return click.command(name)(connection_options(json_option(run)))

    return decorate
