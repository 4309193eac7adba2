"""The gateway's HTTP API as Python calls, for the command line; it knows what the API says and nothing else."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote, urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_WAITS_S: Final = (0.4, 1.0, 2.5)
"""Between tries. A submission carries its key, so that trying again cannot submit twice."""
_AGAIN: Final = frozenset({429, 502, 503, 504})
"""Said by API Gateway, or by the gateway when nothing was accepted."""
_LONGEST_RETRY_AFTER_S: Final = 10.0
_TIMEOUT: Final = httpx.Timeout(35, connect=5)  # API Gateway answers within 30 s
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass
class ApiError(Exception):
    """The gateway refused, or did not answer.

    Attributes:
        title: In two or three words.
        detail: A sentence.
        status: HTTP, or None where there was no answer.
        problems: Every problem found, as the API says it.
        document: The whole problem answer, as said or made up in its form.
    """

    title: str
    detail: str
    status: int | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.document = self.document or {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "problems": [],
        }

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}"


class Gateway:
    """A client; also a context manager.

    Args:
        url: The gateway's address.
        api_key: A key of a tenant.
        sleep: Waits between tries.
    """

    def __init__(self, url: str, api_key: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url.rstrip("/")
        self._sleep = sleep
        self._reached = False
        self._http = httpx.Client(  # noqa: TID251 - a client of the gateway, not a part of it
            base_url=self.url,
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "klingway-cli"},
            timeout=_TIMEOUT,
            trust_env=urlsplit(self.url).hostname not in _LOOPBACK,  # a proxy cannot reach this machine's own loopback
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._http.close()

    def submit(
        self, request: Mapping[str, Any], *, kind: str = "video", idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Ask for a video, or for pictures; return the job.

        However often this has to try, one job comes of it: all tries carry the same key.

        Raises:
            ApiError: Refused, or no answer.
        """
        key = idempotency_key or f"cli-{secrets.token_urlsafe(18)}"
        return self._json("POST", f"/v1/{kind}s", json=dict(request), headers={"Idempotency-Key": key})

    def spoken(
        self, service: str, path: str, body: Mapping[str, Any] | None = None, *, provider: str | None = None
    ) -> dict[str, Any]:
        """Call a service's own API under its name here: post a body, or ask where there is none.

        Raises:
            ApiError: Refused, or no answer.
        """
        headers = {} if provider is None else {"Klingway-Provider": provider}
        if body is None:
            return self._json("GET", f"/{service}{path}")
        key = f"cli-{secrets.token_urlsafe(18)}"
        return self._json("POST", f"/{service}{path}", json=dict(body), headers=headers | {"Idempotency-Key": key})

    def estimate(self, request: Mapping[str, Any], *, kind: str = "video") -> dict[str, Any]:
        """Return what a request would cost and send at each provider; nothing is submitted.

        Raises:
            ApiError: Refused, or no answer.
        """
        return self._json("POST", "/v1/estimates", json=dict(request), params={"kind": kind})

    def providers(self) -> list[dict[str, Any]]:
        """Return what each provider can do.

        Raises:
            ApiError: Refused, or no answer.
        """
        return list(self._json("GET", "/v1/providers")["providers"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job.

        Raises:
            ApiError: Refused, or no answer.
        """
        return self._json("GET", f"/v1/jobs/{quote(job_id, safe='')}")

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel a job that has not been submitted yet; return it.

        Raises:
            ApiError: Refused, or no answer.
        """
        return self._json("POST", f"/v1/jobs/{quote(job_id, safe='')}/cancel")

    def retry(self, job_id: str, *, idempotency_key: str) -> dict[str, Any]:
        """Ask once more for what an ended job was asked for; return the new job.

        Raises:
            ApiError: Refused, or no answer.
        """
        headers = {"Idempotency-Key": idempotency_key}
        return self._json("POST", f"/v1/jobs/{quote(job_id, safe='')}/retry", headers=headers)

    def delete(self, job_id: str) -> None:
        """Delete an ended job with its media.

        Raises:
            ApiError: Refused, or no answer.
        """
        answer = self._call("DELETE", f"/v1/jobs/{quote(job_id, safe='')}")
        if answer.is_error:
            raise _refusal(answer)

    def jobs(self, **query: str | int | None) -> dict[str, Any]:
        """Return a part of the list: `{"jobs", "next_cursor"}`.

        Raises:
            ApiError: Refused, or no answer.
        """
        return self._json("GET", "/v1/jobs", params={name: value for name, value in query.items() if value is not None})

    def deliveries(self, job_id: str) -> list[dict[str, Any]]:
        """Return the log of what was sent about a job, newest first.

        Raises:
            ApiError: Refused, or no answer.
        """
        return list(self._json("GET", f"/v1/jobs/{quote(job_id, safe='')}/deliveries")["deliveries"])

    def budget(self) -> dict[str, Any]:
        """Return what the tenant may spend, and what is spent or reserved.

        Raises:
            ApiError: Refused, or no answer.
        """
        return self._json("GET", "/v1/budget")

    def webhook_secret(self) -> str:
        """Return the secret with which webhooks are signed.

        Raises:
            ApiError: Refused, or no answer.
        """
        return str(self._json("GET", "/v1/webhook-secret")["secret"])

    @contextmanager
    def content(self, job_id: str, name: str) -> Iterator[httpx.Response]:
        """Open a job's file to stream it; the key is not sent on to where the gateway redirects.

        Raises:
            ApiError: Refused, no answer, or the stream broke.
        """
        path = f"/v1/jobs/{quote(job_id, safe='')}/content"
        try:
            with self._http.stream("GET", path, params={"file": name}, follow_redirects=True) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(answer)
                yield answer
        except httpx.HTTPError as error:
            raise self._no_answer(error) from error

    def _json(self, method: str, path: str, **call: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's
        answer = self._call(method, path, **call)
        if answer.is_error:
            raise _refusal(answer)
        try:
            said = answer.json()
        except ValueError:
            said = None
        if not isinstance(said, dict):
            detail = f"{self.url} answered {answer.status_code} without JSON; is that the gateway's address?"
            raise ApiError("Not a gateway", detail, answer.status_code)
        return said

    def _call(self, method: str, path: str, **call: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        for wait_s in (*_WAITS_S, None):
            try:
                answer = self._http.request(method, path, **call)
            except httpx.TransportError as error:
                # A first look at an address where nothing is fails at once; a submission, and a job followed, try again.
                hopeless = method == "GET" and not self._reached and isinstance(error, httpx.ConnectError)
                if wait_s is None or hopeless:
                    raise self._no_answer(error) from error
                self._sleep(wait_s)
                continue
            except httpx.HTTPError as error:
                raise self._no_answer(error) from error
            self._reached = True
            if wait_s is None or answer.status_code not in _AGAIN:
                return answer
            self._sleep(_retry_after_s(answer, wait_s))
        raise AssertionError

    def _no_answer(self, error: httpx.HTTPError) -> ApiError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            detail = (
                f"Nothing answers at {self.url} ({error}). Is it the right address? 'klingway serve' starts one here."
            )
            return ApiError("Cannot connect", detail)
        return ApiError("No answer", f"{self.url} broke off: {type(error).__name__}: {error}".rstrip(": "))


def _retry_after_s(answer: httpx.Response, otherwise_s: float) -> float:
    said = answer.headers.get("retry-after", "")
    return min(float(said), _LONGEST_RETRY_AFTER_S) if said.isascii() and said.isdecimal() else otherwise_s


def _refusal(answer: httpx.Response) -> ApiError:
    """Read a problem answer; what API Gateway or S3 says by itself has its own form."""
    try:
        said = json.loads(answer.content)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if isinstance(said.get("detail"), str):
        problems = [problem for problem in said.get("problems") or [] if isinstance(problem, dict)]
        return ApiError(str(said.get("title", "Refused")), said["detail"], answer.status_code, problems, said)
    detail = str(said.get("message") or said.get("Message") or f"HTTP {answer.status_code}")
    if answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        detail += ". Pictures of at most 4 MB in all can stand in a request; give larger ones as https:// addresses."
    return ApiError(answer.reason_phrase or "Refused", detail, answer.status_code)
