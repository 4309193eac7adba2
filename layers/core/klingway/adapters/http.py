"""HTTP: calls to the providers' configured hosts; media from, and messages to, addresses that somebody else chose.

The only module that builds HTTP clients. An outside address is reached through a connection that is refused where the
host resolves to anything but public addresses, checked as the connection is made, so at each redirect too; it never
carries a credential, and is bounded in size and time.
"""

import logging
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from time import monotonic
from typing import Any, Final

import certifi
import httpcore
import httpx

from klingway.domain.addresses import Endpoint, endpoint_of, is_public
from klingway.observability import provider_time
from klingway.providers.contract import AnswerLostError, HttpAnswer, NotSentError
from klingway.use_cases.ports import MediaError, OpenedMedia, Posted, PostError

MAX_MEDIA_BYTES: Final = 2 * 1024**3
MAX_MEDIA_S: Final = 240
"""For one file; a worker lives for 300 s."""
MAX_POST_S: Final = 15.0
"""For one message, from the connection to the end of the answer."""
MAX_POSTED_ANSWER_BYTES: Final = 64 * 1024
_MAX_ANSWER_BYTES: Final = 8 * 1024**2
_MAX_REDIRECTS: Final = 3
_CHUNK_BYTES: Final = 256 * 1024
_CONNECT_S: Final = 5.0
_MEDIA_READ_S: Final = 30.0
_MEDIA_TYPES: Final = ("video/", "image/", "application/octet-stream", "binary/octet-stream")
_PROGRAM: Final = "image/svg+xml"
"""A picture that may have a script in it, which whoever opens the result would run."""


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

    def __init__(self, trusted_origins: Iterable[str] = (), *, longest_s: float = MAX_MEDIA_S) -> None:
        self._trusted = _endpoints(trusted_origins)
        self._longest_s = longest_s

    @contextmanager
    def open(self, url: str) -> Iterator[OpenedMedia]:
        """Open an outside address; its redirects and all of its body share one time.

        Raises:
            MediaError: It is refused, unreachable, of no fitting type, or too large.
        """
        client = _guarded_client(self._trusted, self._longest_s, read_s=_MEDIA_READ_S, redirects=_MAX_REDIRECTS)
        try:
            with client, client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
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
        if content_type == _PROGRAM or (content_type and not content_type.startswith(_MEDIA_TYPES)):
            raise MediaError(f"the media's host sent {content_type}")
        said = answer.headers.get("content-length", "")
        size_bytes = int(said) if said.isascii() and said.isdecimal() else None
        if size_bytes is not None and size_bytes > MAX_MEDIA_BYTES:
            raise MediaError(f"the media is {size_bytes} bytes, more than {MAX_MEDIA_BYTES}", is_permanent=True)
        return OpenedMedia(content_type, _bounded(answer))


def _bounded(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body; httpx itself raises where a length was said and less came."""
    received = 0
    try:
        for chunk in answer.iter_raw(_CHUNK_BYTES):
            received += len(chunk)
            if received > MAX_MEDIA_BYTES:
                raise MediaError(f"the media is more than {MAX_MEDIA_BYTES} bytes", is_permanent=True)
            yield chunk
    except httpx.HTTPError as error:
        raise MediaError(f"the media ended short: {type(error).__name__} after {received} bytes") from error
    if received == 0:
        raise MediaError("the media ended short: nothing came")


class GuardedPosts:
    """Messages to addresses that somebody else chose."""

    def __init__(self, trusted_origins: Iterable[str] = (), *, longest_s: float = MAX_POST_S) -> None:
        self._trusted = _endpoints(trusted_origins)
        self._longest_s = longest_s

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post a body, in bounded time; a redirect is an answer like any other.

        Raises:
            PostError: It is refused, or no answer came.
        """
        client = _guarded_client(self._trusted, self._longest_s, read_s=self._longest_s)
        try:
            with client, client.stream("POST", url, content=body, headers=dict(headers)) as answer:
                _look_through(answer)
                return Posted(answer.status_code, answer.headers.get("retry-after"))
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise PostError("the address cannot be opened", is_permanent=True) from error
        except httpx.HTTPError as error:
            if isinstance(error.__cause__, _NotPublicError):
                raise PostError(f"the address is refused: {error}", is_permanent=True) from error
            raise PostError(f"no answer came: {type(error).__name__}") from error


def _look_through(answer: httpx.Response) -> None:
    """Let a receiver say what it has to say, up to a bound; nothing depends on it, the status has come."""
    received = 0
    with suppress(httpx.HTTPError):
        for chunk in answer.iter_raw():
            received += len(chunk)
            if received > MAX_POSTED_ANSWER_BYTES:
                return


def _endpoints(origins: Iterable[str]) -> frozenset[Endpoint]:
    return frozenset(endpoint_of(origin) for origin in origins)


def _guarded_client(
    trusted: frozenset[Endpoint], longest_s: float, *, read_s: float, redirects: int = 0
) -> httpx.Client:
    """Return a client for one conversation, which ends after so many seconds, whatever comes."""
    backend = _PublicOnly(trusted, monotonic() + longest_s)
    return httpx.Client(
        transport=_GuardedTransport(backend),
        follow_redirects=redirects > 0,
        max_redirects=redirects,
        timeout=httpx.Timeout(read_s, connect=min(read_s, _CONNECT_S)),
        # What one host sets is not for the next one of its domain.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        trust_env=False,
    )


class _NotPublicError(httpcore.ConnectError):
    """A host resolved to an address that nothing from outside may have us connect to."""


class _PublicOnly(httpcore.NetworkBackend):
    """Connects to public addresses alone, and to the very address that was checked."""

    def __init__(self, trusted: frozenset[Endpoint], ends_at: float) -> None:
        self._trusted = trusted
        self._ends_at = ends_at
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,  # noqa: ANN401 - httpcore's own
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(self._checked(host, port), port, timeout, local_address, socket_options)
        return _Ending(stream, self._ends_at)

    def _checked(self, host: str, port: int) -> str:
        """Return what to connect to."""
        if (host.lower(), port) in self._trusted:
            return host
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the host is not known") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(is_public(address) for address in addresses):
            raise _NotPublicError("its host has an address that is not public")
        return addresses[0]


class _Ending(httpcore.NetworkStream):
    """A connection that ends at its time, however slowly the other side drips; httpx bounds each read alone."""

    def __init__(self, inner: httpcore.NetworkStream, ends_at: float) -> None:
        self._inner = inner
        self._ends_at = ends_at

    def _within(self, timeout: float | None, ended: type[httpcore.TimeoutException]) -> float:
        left_s = self._ends_at - monotonic()
        if left_s <= 0:
            raise ended("the time is over")
        return left_s if timeout is None else min(timeout, left_s)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._within(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = self._within(timeout, httpcore.ConnectTimeout)
        return _Ending(self._inner.start_tls(ssl_context, server_hostname, left_s), self._ends_at)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own
        return self._inner.get_extra_info(info)


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport over a pool that connects through the guard."""

    def __init__(self, backend: _PublicOnly) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, max_keepalive_connections=0)
