"""Addresses that somebody else chose: which of them may be connected to, as far as that can be told without asking."""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from klingway.domain.errors import Problem

Endpoint = tuple[str, int]
"""A host in lower case, and a port."""

MAX_ADDRESS_CHARS: Final = 2048
"""Of an address that is kept with a job: more than any browser's, and far less than a table's row can hold."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Not globally reachable, and younger or older than the tables of some Pythons: protocol assignments, the relays of 6to4,
# local NAT64, addresses with an IPv4 one inside (two forgotten forms), site-local ones, documentation, segment routing.
# Source: IANA's registries of special-purpose addresses.
_NEVER_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "::/96",
        "::ffff:0:0:0/96",
        "fec0::/10",
        "3fff::/20",
        "5f00::/16",
    )
)


def is_public(address: str) -> bool:
    """Tell whether an address may be connected to: globally reachable, and no other kind in an IPv6 disguise.

    Raises:
        ValueError: It is no IP address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if any(parsed in network for network in _NEVER_PUBLIC if network.version == parsed.version):
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast


def endpoint_of(url: str) -> Endpoint:
    """Return the host and the port of an address or origin.

    Raises:
        ValueError: Its host or port has not the form of one.
    """
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def webhook_problem(place: str, url: str, *, trusted_origins: Iterable[str] = ()) -> Problem | None:
    """Return what is wrong with a webhook's address.

    A name is looked up when something is sent there, each time anew; here its form is looked at, and whether it is an
    address of nobody's but the gateway's own network.
    """
    if problem := length_problem(place, url):
        return problem
    try:
        host, port = endpoint_of(url)
        parts = urlsplit(url)
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    if (
        not host
        or parts.port == 0
        or parts.scheme.lower() not in {"http", "https"}
        or not url.isprintable()
        or " " in url
    ):
        message = f"{place} must be an address such as https://example.com/hooks/video."
        return Problem(field=place, code="wrong_form", message=message)
    if parts.username is not None or parts.password is not None:
        message = f"{place} must not carry a user name or password; what is sent there is signed instead."
        return Problem(field=place, code="forbidden_address", message=message)
    if (host, port) not in {endpoint_of(origin) for origin in trusted_origins} and _is_private(host):
        message = f"{place} must be reachable from the internet; {host[:64]} is not a public address."
        return Problem(field=place, code="forbidden_address", message=message)
    return None


def length_problem(place: str, url: str) -> Problem | None:
    """Return what is wrong with an address that is too long to be kept."""
    if len(url) <= MAX_ADDRESS_CHARS:
        return None
    message = f"{place} is an address of {len(url)} characters; at most {MAX_ADDRESS_CHARS} are taken."
    return Problem(field=place, code="too_long", message=message, limit={"max_chars": MAX_ADDRESS_CHARS})


def _is_private(host: str) -> bool:
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not is_public(name)
    except ValueError:
        return False
