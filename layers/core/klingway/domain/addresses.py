"""Addresses that somebody else chose: which of them may be connected to, as far as that can be told without asking."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from enum import Enum, auto
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
_LOCAL_NAMES: Final = ("localhost", "local", "localdomain", "internal", "home.arpa")
"""Of no network but one's own (RFC 6761, 6762, 8375; ICANN's reserved `internal`), metadata services among them."""
_LABEL: Final = re.compile(r"(?!-)(?:[a-z0-9_-]|[^\x00-\x7f]){1,63}(?<!-)")
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_MAX_NAME_CHARS: Final = 253
_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")
"""What a browser and IDNA read as a dot as well."""


class Flaw(Enum):
    """Why an address from outside will not do."""

    NO_LINK = auto()
    """It is none, or reads in more than one way."""
    CREDENTIALS = auto()
    """It carries a user name or a password."""
    NOT_PUBLIC = auto()
    """It leads to nothing that is reachable from the internet."""


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


def flaw_of(url: str, *, trusted_origins: Iterable[str] = ()) -> Flaw | None:
    """Return why an address from outside will not do, None where its form is sound.

    A name is looked up when somebody connects, each time anew; here its form is looked at, and whether it can be anybody's
    but the gateway's own network. What two programs would read in two ways is no address at all.
    """
    try:
        parts = urlsplit(url)
        endpoint = endpoint_of(url)
        trusted = {endpoint_of(origin) for origin in trusted_origins}
        port = parts.port
    except ValueError:  # a host or a port that is none
        return Flaw.NO_LINK
    is_link = parts.scheme.lower() in {"http", "https"} and bool(endpoint[0]) and port != 0
    if not is_link or not url.isprintable() or " " in url or "\\" in url:
        return Flaw.NO_LINK
    if "@" in parts.netloc:
        return Flaw.CREDENTIALS
    return None if endpoint in trusted else _flaw_of_host(endpoint[0], is_bracketed="[" in parts.netloc)


def webhook_problem(place: str, url: str, *, trusted_origins: Iterable[str] = ()) -> Problem | None:
    """Return what is wrong with a webhook's address."""
    if problem := length_problem(place, url):
        return problem
    match flaw_of(url, trusted_origins=trusted_origins):
        case None:
            return None
        case Flaw.NO_LINK:
            message = f"{place} must be an address such as https://example.com/hooks/video."
            return Problem(field=place, code="wrong_form", message=message)
        case Flaw.CREDENTIALS:
            message = f"{place} must not carry a user name or password; what is sent there is signed instead."
            return Problem(field=place, code="forbidden_address", message=message)
        case Flaw.NOT_PUBLIC:
            return not_public_problem(place, url)


def not_public_problem(place: str, url: str) -> Problem:
    """Return the problem of an address that leads to no public host."""
    host = endpoint_of(url)[0][:64]
    message = f"{place} must be reachable from the internet; {host} is not a public address."
    return Problem(field=place, code="forbidden_address", message=message)


def length_problem(place: str, url: str) -> Problem | None:
    """Return what is wrong with an address that is too long to be kept."""
    if len(url) <= MAX_ADDRESS_CHARS:
        return None
    message = f"{place} is an address of {len(url)} characters; at most {MAX_ADDRESS_CHARS} are taken."
    return Problem(field=place, code="too_long", message=message, limit={"max_chars": MAX_ADDRESS_CHARS})


def _flaw_of_host(host: str, *, is_bracketed: bool) -> Flaw | None:
    """Return why a host, in lower case and without brackets, will not do."""
    if is_bracketed:
        try:
            return None if "%" not in host and is_public(host) else Flaw.NOT_PUBLIC
        except ValueError:
            return Flaw.NO_LINK
    # As whoever connects may read it: full-width letters and digits in circles are those that they look like.
    name = unicodedata.normalize("NFKC", host.translate(_DOTS)).lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > _MAX_NAME_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        return Flaw.NO_LINK
    if _NUMBER.fullmatch(labels[-1]):  # an IPv4 address, or to many programs one, as 127.1, 0x7f.1 and 2130706433 are
        try:
            return None if is_public(name) else Flaw.NOT_PUBLIC
        except ValueError:
            return Flaw.NOT_PUBLIC
    is_local = any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES)
    return Flaw.NOT_PUBLIC if is_local else None
