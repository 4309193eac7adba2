"""HTTP: calls to the providers' configured hosts, and media from addresses that somebody else chose.

The only module that builds HTTP clients. An outside address is fetched through a connection that is refused where the
host resolves to anything but public addresses, checked as the connection is made, so at each redirect too; it never
carries a credential, and is bounded in size and time.
"""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
import httpcore
import httpx

from klingway.observability import provider_time
from klingway.providers.contract import AnswerLostError, HttpAnswer, NotSentError
from klingway.use_cases.ports import MediaError, OpenedMedia

MAX_MEDIA_BYTES: Final = 2 * 1024**3
MAX_MEDIA_S: Final = 240
"""For one file; a worker lives for 300 s."""
_MAX_ANSWER_BYTES: Final = 8 * 1024**2
_MAX_REDIRECTS: Final = 3
_CHUNK_BYTES: Final = 256 * 1024
_CONNECT_S: Final = 5.0
_MEDIA_READ_S: Final = 30.0
_MEDIA_TYPES: Final = ("video/", "image/", "application/octet-stream", "binary/octet-stream")


# They log each address whole, and the address of a result is as good as the result.
for _talker in ("httpx", "httpcore"):
    logging.getLogger(_talker).setLevel(logging.WARNING)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


class HttpxCalls:
    """Calls to configured hosts."""

    def __init__(self) -> None:
        self._kept = self._client()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None = None,
        timeout_s: float,
        fresh_connection: bool = False,
    ) -> HttpAnswer:
        """Make one call; redirects are not followed.

        Raises:
            NotSentError: Nothing was sent.
            AnswerLostError: Something was.
        """
        client = self._client() if fresh_connection else self._kept
        ends_at = monotonic() + timeout_s
        timeout = httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
        try:
            with (
                provider_time,
                client.stream(method, url, headers=dict(headers), json=json, timeout=timeout) as answer,
            ):
                body = _read_until(answer, ends_at)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSentError(type(error).__name__) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise AnswerLostError(type(error).__name__) from error
        finally:
            if fresh_connection:
                client.close()
        return HttpAnswer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)

    @staticmethod
    def _client() -> httpx.Client:
        return httpx.Client(verify=_tls(), follow_redirects=False, trust_env=False)


def _read_until(answer: httpx.Response, ends_at: float) -> bytes:
    """Read an answer whole. httpx bounds each read alone: an answer that drips is ended here."""
    body = bytearray()
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > _MAX_ANSWER_BYTES:
            raise AnswerLostError("the answer is too large")
        if monotonic() > ends_at:
            raise AnswerLostError("the answer took too long")
    return bytes(body)


class GuardedMedia:
    """Media from addresses that somebody else chose."""

    def __init__(self, trusted_origins: Iterable[str] = ()) -> None:
        backend = _PublicOnly({_endpoint(origin) for origin in trusted_origins})
        self._client = httpx.Client(
            transport=_GuardedTransport(backend),
            follow_redirects=True,
            max_redirects=_MAX_REDIRECTS,
            timeout=httpx.Timeout(_MEDIA_READ_S, connect=_CONNECT_S),
            trust_env=False,
        )

    @contextmanager
    def open(self, url: str) -> Iterator[OpenedMedia]:
        """Open an outside address.

        Raises:
            MediaError: It is refused, unreachable, of no fitting type, or too large.
        """
        try:
            with self._client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
                yield self._opened(answer)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise MediaError("the media's address cannot be opened", is_permanent=True) from error
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, _NotPublicError):
                raise MediaError(f"the media's address is refused: {error}", is_permanent=True) from error
            raise MediaError(f"the media could not be fetched: {type(error).__name__}") from error

    def _opened(self, answer: httpx.Response) -> OpenedMedia:
        if answer.status_code != httpx.codes.OK:
            raise MediaError(f"the media's host answered HTTP {answer.status_code}")
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type and not content_type.startswith(_MEDIA_TYPES):
            raise MediaError(f"the media's host sent {content_type}")
        said = answer.headers.get("content-length", "")
        size_bytes = int(said) if said.isascii() and said.isdecimal() else None
        if size_bytes is not None and size_bytes > MAX_MEDIA_BYTES:
            raise MediaError(f"the media is {size_bytes} bytes, more than {MAX_MEDIA_BYTES}", is_permanent=True)
        return OpenedMedia(content_type, _bounded(answer))


def _bounded(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body; httpx itself raises where a length was said and less came."""
    received = 0
    ends_at = monotonic() + MAX_MEDIA_S
    try:
        for chunk in answer.iter_raw(_CHUNK_BYTES):
            received += len(chunk)
            if received > MAX_MEDIA_BYTES:
                raise MediaError(f"the media is more than {MAX_MEDIA_BYTES} bytes", is_permanent=True)
            if monotonic() > ends_at:
                raise MediaError(f"the media took more than {MAX_MEDIA_S} s; {received} bytes came")
            yield chunk
    except httpx.HTTPError as error:
        raise MediaError(f"the media ended short: {type(error).__name__} after {received} bytes") from error
    if received == 0:
        raise MediaError("the media ended short: nothing came")


def _endpoint(origin: str) -> tuple[str, int]:
    parts = urlsplit(origin)
    return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Not globally reachable, and younger or older than the tables of some Pythons: local NAT64, addresses with an IPv4 one
# inside (two forgotten forms), site-local ones, documentation.
_NEVER_PUBLIC: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10", "3fff::/20")
)


def is_public(address: str) -> bool:
    """Tell whether an address may be connected to: globally reachable, and no other kind in an IPv6 disguise."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if any(parsed in network for network in _NEVER_PUBLIC):
            return False
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return parsed.is_global and not parsed.is_multicast


class _NotPublicError(httpcore.ConnectError):
    """A host resolved to an address that nothing from outside may have us connect to."""


class _PublicOnly(httpcore.NetworkBackend):
    """Connects to public addresses alone, and to the very address that was checked."""

    def __init__(self, trusted: "set[tuple[str, int]]") -> None:
        self._trusted = trusted
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,  # noqa: ANN401 - httpcore's own
    ) -> httpcore.NetworkStream:
        if (host.lower(), port) in self._trusted:
            return self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the host is not known") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(is_public(address) for address in addresses):
            raise _NotPublicError("its host has an address that is not public")
        return self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport over a pool that connects through the guard."""

    def __init__(self, backend: _PublicOnly) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_keepalive_connections=0)
