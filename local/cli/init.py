"""`klingway init`: what a freshly deployed stack needs before its first job."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
from klingway.domain.ids import ProviderName
from klingway.domain.pricing import price_of
from klingway.domain.request import VideoRequest
from klingway.domain.tenants import check_tenant
from klingway.providers import registry

from local.cli import render
from local.cli.client import ApiError, Gateway
from local.cli.connection import json_option
from local.cli.following import TooLongError, follow
from local.cli.stack import Stack, stack_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

_SMOKE: Final[Mapping[str, Any]] = {"prompt": "A paper boat on a calm pond", "duration_s": 3, "reference": "smoke"}
_SMOKE_LONGEST_S: Final = 1800.0


def _credential_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command, for each provider, files and environment variables to read its credential from."""
    for name in reversed(registry.names()):
        for part in reversed(registry.credential_parts_of(name)):
            variable = f"{name}_{part}".upper()
            function = click.option(
                f"--{name}-{part.replace('_', '-')}-file",
                f"{name}__{part}",
                type=click.File("r"),
                metavar="FILE",
                help=f"Where {name}'s {part.replace('_', ' ')} stands; '-' reads it here. Else {variable}, else asked for.",
            )(function)
    return function


@click.command("init")
@stack_options
@click.option("--tenant", default="default", show_default=True, help="Whose key is made.")
@_credential_options
@click.option("--no-smoke", is_flag=True, help="Submit no smoke job.")
@click.option("--yes", is_flag=True, help="Do not ask before the smoke job, which costs money.")
@json_option
def init_command(
    *,
    stack: Stack,
    tenant: str,
    no_smoke: bool,
    yes: bool,
    as_json: bool,
    **files: TextIO | None,
) -> None:
    """Make a deployed stack ready: store provider secrets, make a first key, run a smoke job.

    Secrets are read from files, environment variables or a hidden prompt, never from the command line, and never printed.
    The key is printed once; it can be made again but not looked up. May be run again: a secret that is not given stays,
    a key is added.
    """
    try:
        check_tenant(tenant)
    except ValueError as error:
        raise click.UsageError(f"--tenant: {error}.") from None
    interactive = sys.stdin.isatty() and not as_json
    given = {name: _given_credential(name, files) for name in registry.names()}
    with stack.explaining():
        stored = {name: _store(stack, name, given[name], interactive=interactive) for name in registry.names()}
        key = stack.keys().issue(tenant)
    report: dict[str, Any] = {
        "stack": stack.name,
        "url": stack.output("ApiUrl"),
        "providers": stored,
        "tenant": tenant,
        "key_id": key.key.key_id,
        "api_key": key.api_key,
        "access_key": key.access_key,
        "secret_key": key.secret_key,
        "smoke": None,
    }
    if not as_json:
        _print_key(report)
    usable = [ProviderName(name) for name, what in stored.items() if what != "missing"]
    try:
        if not no_smoke and usable:
            report["smoke"] = _smoke(report, usable[0], yes=yes, interactive=interactive, quiet=as_json)
    finally:
        if as_json:  # the key is printed once: whatever became of the smoke job
            render.print_json(report)
    if report["smoke"] and report["smoke"].get("state") != "succeeded":
        raise SystemExit(1)


# -------------------------------------------------------------------------------------------------------- credentials


def _given_credential(provider: ProviderName, files: Mapping[str, TextIO | None]) -> dict[str, str]:
    """Return what was given of a provider's credential, by files or the environment.

    Raises:
        click.UsageError: It is half a pair, or both kinds.
    """
    found: dict[str, str] = {}
    for part in registry.credential_parts_of(provider):
        file = files.get(f"{provider}__{part}")
        value = file.read() if file else _variable(provider, part)
        if value and value.strip():
            found[part] = value.strip()
    if "access_key" in found and "secret_key" not in found:
        raise click.UsageError(f"{provider}: an access key needs its secret key; give both.")
    if "secret_key" in found and "access_key" not in found:
        raise click.UsageError(f"{provider}: a secret key needs its access key; give both.")
    if "api_key" in found and "access_key" in found:
        raise click.UsageError(f"{provider}: give either an API key or an access/secret pair, not both.")
    return found


def _variable(provider: str, part: str) -> str:
    import os  # noqa: PLC0415 - for this alone

    return os.environ.get(f"{provider}_{part}".upper(), "")  # noqa: TID251 - a command of the developer's machine


def _store(
    stack: Stack,
    provider: ProviderName,
    credential: dict[str, str],
    *,
    interactive: bool,
) -> str:
    """Put a provider's credential into its secret; return `stored`, `kept` or `missing`."""
    secrets = stack.client("secretsmanager")
    arn = stack.output(f"{provider.capitalize()}SecretArn")
    kept = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    is_set = any(kept.get(part) for part in registry.credential_parts_of(provider))
    if not credential and interactive:
        otherwise = "keep the one that is stored" if is_set else "leave it out"
        prompt = f"{provider}: API key (hidden; empty: {otherwise})"
        entered = click.prompt(prompt, hide_input=True, default="", show_default=False, err=True).strip()
        credential = {"api_key": entered} if entered else {}
    if not credential:
        if not is_set:
            variable = f"{provider}_api_key".upper()
            click.echo(
                f"{provider}: no credential. Set {variable} or --{provider}-api-key-file and run this again.", err=True
            )
        return "kept" if is_set else "missing"
    account = {"account": kept["account"]} if "account" in kept else {}
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(account | credential))
    return "stored"


def _print_key(report: Mapping[str, Any]) -> None:
    for name, what in report["providers"].items():
        click.echo(f"{name}: credential {what}", err=True)
    click.echo(f"A key of tenant {report['tenant']!r}; it is shown this once:\n", err=True)
    click.echo(f"export KLINGWAY_URL={report['url']}\nexport KLINGWAY_API_KEY={report['api_key']}")
    click.echo(
        f"\nFor clients of Kling's own API: access key {report['access_key']}, secret key {report['secret_key']}"
    )


# -------------------------------------------------------------------------------------------------------------- smoke


def _smoke(
    report: Mapping[str, Any], provider: ProviderName, *, yes: bool, interactive: bool, quiet: bool
) -> dict[str, Any] | None:
    """Submit the smallest job there is and follow it to its end."""
    price = price_of(VideoRequest.model_validate(_SMOKE), registry.profile_of(provider, datetime.now(UTC).date()))
    cost = f"about {price.amount:.2f} {price.currency} at {provider}" if price else f"money at {provider}"
    if not yes:
        if not interactive:
            click.echo(f"No smoke job: it costs {cost}; run this again with --yes, or submit a job.", err=True)
            return None
        if not click.confirm(f"\nSubmit a smoke job of 3 s? It costs {cost}.", err=True):
            return None
    else:
        click.echo(f"\nA smoke job of 3 s, which costs {cost}:", err=True)
    with Gateway(report["url"], report["api_key"]) as gateway:
        try:
            job = gateway.submit({**_SMOKE, "provider": provider})
            with render.watching(quiet=quiet) as show:
                job = follow(gateway, job, timeout_s=_SMOKE_LONGEST_S, show=show)
        except ApiError as error:
            if not quiet:
                render.refusal(error)
            return {"state": "refused", "error": error.document}
        except TooLongError:
            click.echo(f"Not done after {_SMOKE_LONGEST_S:g} s; it goes on by itself.", err=True)
            return gateway.job(job["id"])
    if not quiet:
        render.job(job)
    return job
