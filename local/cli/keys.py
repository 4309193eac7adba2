"""`klingway tenants` and `klingway keys`: with AWS credentials, on a deployed stack or on the twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import click
from klingway.bootstrap import now
from klingway.domain.budgets import Caps, budget_to_json, day_of
from klingway.domain.callers import EVERY_SCOPE, Scope
from klingway.domain.ids import ProviderName, Tenant
from klingway.providers import registry
from klingway.use_cases.manage_keys import MAX_GRACE, IssuedKey

from local.cli import render
from local.cli.stack import Stack, stack_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from klingway.domain.keys import ApiKey
    from klingway.domain.tenants import KnownTenant

NO_CAP: Final = Decimal(-1)


def _usd(_context: click.Context, option: click.Parameter, text: str | None) -> Decimal | None:
    """Read an amount in US dollars, or `none`."""
    if text is None:
        return None
    if text == "none":
        return NO_CAP
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise click.BadParameter(f"{text!r} is no amount, as 12.50 is, nor 'none'", param=option) from None
    if not (amount.is_finite() and 0 <= amount <= _MOST_USD):
        raise click.BadParameter(f"{text!r} is not between 0 and {_MOST_USD}", param=option)
    return amount


_MOST_USD: Final = 10_000_000
_MOST_HOURS: Final = MAX_GRACE // timedelta(hours=1)


@click.group("tenants")
def tenants_command() -> None:
    """Make tenants and show them: what one has, no other sees."""


@stack_command(tenants_command, "create")
@click.argument("name")
def create_tenant(*, stack: Stack, as_json: bool, name: str) -> None:
    """Make a tenant; one that is there stays as it is."""
    stack.keys().create_tenant(name)
    if as_json:
        render.print_json(_tenant_to_json(stack, Tenant(name)))
    else:
        click.echo(f"There is a tenant {name!r}. 'klingway keys create --tenant {name}' makes it a key.")


@stack_command(tenants_command, "list")
def list_tenants(*, stack: Stack, as_json: bool) -> None:
    """List the tenants; of the first that there were, those that got a key since."""
    found = stack.register.tenants()
    if as_json:
        render.print_json({"tenants": [_known_to_json(tenant) for tenant in found]})
    else:
        render.table(("name", "created"), [(each.name, _day(each.created_at)) for each in found])


@stack_command(tenants_command, "show")
@click.argument("name")
def show_tenant(*, stack: Stack, as_json: bool, name: str) -> None:
    """Show a tenant and its keys."""
    stack.keys().expect_tenant(name)
    if as_json:
        render.print_json(_tenant_to_json(stack, Tenant(name)))
    else:
        _print_keys(stack, name)


@stack_command(tenants_command, "caps")
@click.argument("name")
@click.option(
    "--daily-usd",
    callback=_usd,
    metavar="USD",
    help="The most that its jobs of a day (UTC) may cost; 'none' takes the cap away.",
)
@click.option("--monthly-usd", callback=_usd, metavar="USD", help="The same of a month.")
@click.option(
    "--allow-unpriced/--refuse-unpriced",
    default=None,
    help="Whether to ask providers whose price for a request is not known; it counts as nothing.",
)
def set_caps(
    *,
    stack: Stack,
    as_json: bool,
    name: str,
    daily_usd: Decimal | None,
    monthly_usd: Decimal | None,
    allow_unpriced: bool | None,
) -> None:
    """Show what a tenant may spend and has spent, or set its caps. What is not given stays."""
    stack.keys().expect_tenant(name)
    tenant, budgets = Tenant(name), stack.budgets
    given = {"daily_usd": daily_usd, "monthly_usd": monthly_usd, "allows_unpriced": allow_unpriced}
    wanted: dict[str, Any] = {
        field: None if value == NO_CAP else value for field, value in given.items() if value is not None
    }
    if wanted:
        budgets.set_caps(tenant, replace(budgets.current_caps(tenant) or Caps(), **wanted), now())
    said = budget_to_json(budgets.current_caps(tenant), budgets.spending(tenant, day=day_of(now())))
    if as_json:
        render.print_json({"tenant": name, **said})
    else:
        render.table(("", "spent or reserved, $", "cap, $"), _budget_rows(said))
        click.echo("Functions that run know of new caps within a minute." if wanted else "", nl=bool(wanted))


def _budget_rows(said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (str(said["day"]), str(said["day_usd"]), str(said["daily_cap_usd"] or "none")),
        (str(said["month"]), str(said["month_usd"]), str(said["monthly_cap_usd"] or "none")),
    ]


@click.group("keys")
def keys_command() -> None:
    """Make keys of a tenant, and list, rotate and revoke them."""


@stack_command(keys_command, "create")
@click.option("--tenant", required=True, help="Whose key it is.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it opens; repeatable. Default: everything.",
)
@click.option(
    "--route",
    metavar="NAME,…",
    help="Who does its requests that name no provider, in order. Default: the gateway chooses.",
)
@click.option("--per-minute", type=click.IntRange(1, 10_000), help="How often it may ask for something in a minute.")
@click.option("--label", default="", help="What you call it.")
def create_key(
    *,
    stack: Stack,
    as_json: bool,
    tenant: str,
    scopes: tuple[str, ...],
    route: str | None,
    per_minute: int | None,
    label: str,
) -> None:
    """Make a key. Its secrets are shown this once; they are stored nowhere."""
    keys = stack.keys()
    names = _route(route)
    keys.expect_tenant(tenant)
    opens = frozenset(Scope(scope) for scope in scopes) or EVERY_SCOPE
    _show_issued(keys.issue(tenant, scopes=opens, route=names, per_minute=per_minute, label=label), as_json=as_json)


@stack_command(keys_command, "list")
@click.option("--tenant", required=True, help="Whose keys.")
def list_keys(*, stack: Stack, as_json: bool, tenant: str) -> None:
    """List a tenant's keys, revoked ones too. One of the first that there were is listed once it is rotated or revoked."""
    stack.keys().expect_tenant(tenant)
    if as_json:
        render.print_json({"keys": [_key_to_json(key) for key in stack.register.keys_of(Tenant(tenant))]})
    else:
        _print_keys(stack, tenant)


@stack_command(keys_command, "rotate")
@click.argument("key_id")
@click.option(
    "--grace-hours",
    type=click.IntRange(0, _MOST_HOURS),
    default=_MOST_HOURS,
    show_default=True,
    help="So long the secrets before stay good; 0 if they have leaked.",
)
def rotate_key(*, stack: Stack, as_json: bool, key_id: str, grace_hours: int) -> None:
    """Give a key new secrets: the id stays, and what it opens. Of the secrets before, only the last ones stay good a while."""
    _show_issued(stack.keys().rotate(key_id, grace=timedelta(hours=grace_hours)), as_json=as_json)


@stack_command(keys_command, "revoke")
@click.argument("key_id")
def revoke_key(*, stack: Stack, as_json: bool, key_id: str) -> None:
    """Make a key worthless for good, within a minute; jobs that it asked for go on."""
    key = stack.keys().revoke(key_id)
    if as_json:
        render.print_json(_key_to_json(key))
    else:
        click.echo(f"The key {key.key_id} of tenant {key.tenant!r} is revoked; within a minute it opens nothing.")


def _route(text: str | None) -> tuple[ProviderName, ...]:
    """Read names of providers.

    Raises:
        ValueError: There is none of such a name.
    """
    names = [part.strip() for part in (text or "").split(",") if part.strip()]
    known = registry.names()
    if wrong := [name for name in names if name not in known]:
        raise ValueError(f"there is no provider {wrong[0][:32]!r}; known: {', '.join(known)}")
    return tuple(ProviderName(name) for name in names)


def _show_issued(issued: IssuedKey, *, as_json: bool) -> None:
    secret = {"api_key": issued.api_key, "access_key": issued.access_key, "secret_key": issued.secret_key}
    if as_json:
        render.print_json(_key_to_json(issued.key) | secret)
        return
    click.echo(f"The key {issued.key.key_id} of tenant {issued.key.tenant!r}; it is shown this once:\n", err=True)
    click.echo(f"export KLINGWAY_API_KEY={issued.api_key}")
    click.echo(f"\nFor clients of Kling's own API: access key {issued.access_key}, secret key {issued.secret_key}")


def _print_keys(stack: Stack, tenant: str) -> None:
    rows = [
        (
            key.key_id,
            key.label,
            " ".join(_scopes(key)),
            ", ".join(key.route) or "auto",
            str(key.per_minute or "-"),
            "good" if key.enabled else "revoked",
            str(key.version),
            _day(key.created_at),
        )
        for key in stack.register.keys_of(Tenant(tenant))
    ]
    render.table(("id", "label", "scopes", "route", "per minute", "state", "version", "created"), rows)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "long ago"


def _tenant_to_json(stack: Stack, name: Tenant) -> dict[str, Any]:
    known = stack.register.tenant(name)
    said = {} if known is None else _known_to_json(known)
    return said | {"keys": [_key_to_json(key) for key in stack.register.keys_of(name)]}


def _known_to_json(tenant: KnownTenant) -> dict[str, Any]:
    return {"tenant": tenant.name, "created_at": tenant.created_at.isoformat() if tenant.created_at else None}


def _scopes(key: ApiKey) -> list[str]:
    return [scope.value for scope in Scope if scope in key.scopes]


def _key_to_json(key: ApiKey) -> dict[str, Any]:
    """Return what may be seen of a key: nothing that opens anything."""
    return {
        "key_id": key.key_id,
        "tenant": key.tenant,
        "label": key.label,
        "scopes": _scopes(key),
        "route": list(key.route),
        "per_minute": key.per_minute,
        "enabled": key.enabled,
        "version": key.version,
        "created_at": key.created_at.isoformat() if key.created_at else None,
        "previous_until": key.previous_until.isoformat() if key.previous_until else None,
    }
