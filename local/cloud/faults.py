"""Makes AWS calls fail on purpose, and counts them, in front of the server that answers them."""

import functools
import io
import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from moto.core.request import Request
from moto.core.responses import get_service_router
from werkzeug.wsgi import get_input_stream

UNCOUNTED = "klingway-twin-itself"
"""Part of the user agent of the twin's own calls, which are neither counted nor made to fail."""

_REASONS = {
    "ConditionalCheckFailed": "The conditional request failed",
    "TransactionConflict": "Transaction is ongoing for the item",
    "ThrottlingError": "Throughput exceeds the current capacity of your table or index",
}
_SERVICES = {"awsevents": "events", "awsstepfunctions": "stepfunctions", "states": "stepfunctions"}


@dataclass
class _Fault:
    service: str
    operation: str
    code: str
    left: int
    status: int
    when: Callable[[dict[str, Any]], bool] | None
    applied: bool
    reasons: Sequence[str]


class Faults:
    """Switches that a test sets while the twin runs; they may be set from any thread.

    Args:
        application: The WSGI application that answers AWS calls.
        account: The account that all calls are to be answered in.
    """

    def __init__(self, application: Callable[[dict[str, Any], Any], Iterable[bytes]], account: str) -> None:
        self._application, self._account = application, account
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._counts: Counter[str] = Counter()

    def fail_next(
        self,
        service: str,
        operation: str,
        *,
        code: str,
        times: int = 1,
        status: int = 400,
        when: Callable[[dict[str, Any]], bool] | None = None,
        applied: bool = False,
        reasons: Sequence[str] = (),
    ) -> None:
        """Have the next calls of an operation fail.

        Args:
            service: The boto3 name, for example `dynamodb` or `s3`.
            operation: For example `PutItem`.
            code: The error code that the caller sees.
            times: How many calls fail.
            status: The HTTP status of the answer.
            when: Given the call's parameters as boto3 names them, says whether this call is meant. For S3 and Lambda
                those of the path and query alone.
            applied: Carry the call out, and only then lose the answer, as a 500.
            reasons: For `TransactionCanceledException`: the code of each item's reason, `None` (as text) where there
                is none.
        """
        fault = _Fault(service, operation, code, times, 500 if applied else status, when, applied, tuple(reasons))
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults that have not come up yet."""
        with self._lock:
            self._faults.clear()

    def pending(self) -> int:
        """Return how many failures are still to come."""
        with self._lock:
            return sum(fault.left for fault in self._faults)

    def counts(self) -> dict[str, int]:
        """Return how many calls came in, by `service:Operation`; the twin's own are left out."""
        with self._lock:
            return dict(self._counts)

    def reset_counts(self) -> None:
        """Count from zero again."""
        with self._lock:
            self._counts.clear()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        """Answer a call, or let it be answered."""
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._account
        if UNCOUNTED in environ.get("HTTP_USER_AGENT", ""):
            return self._application(environ, start_response)
        service, operation, parameters = _identify(environ)
        fault = None
        with self._lock:
            self._counts[f"{service}:{operation}"] += 1
            armed = [item for item in self._faults if (item.service, item.operation) == (service, operation)]
        if armed:
            full = {**parameters, **_read_parameters(environ)}
            fault = self._take(armed, full)
        if fault is None:
            return self._application(environ, start_response)
        if fault.applied:
            for _ in self._application(environ, lambda *_args: lambda _data: None):
                pass
        else:
            # A client that is cut off in the middle of its body would not read the answer.
            get_input_stream(environ).read()
        status, headers, body = _error(environ, service, fault)
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]

    def _take(self, armed: list[_Fault], parameters: dict[str, Any]) -> _Fault | None:
        meant = [fault for fault in armed if fault.when is None or fault.when(parameters)]
        with self._lock:
            for fault in meant:
                if fault.left > 0 and fault in self._faults:
                    fault.left -= 1
                    if fault.left == 0:
                        self._faults.remove(fault)
                    return fault
        return None


def _identify(environ: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Which operation a call is of, without reading its body; parameters as far as path and query give them."""
    service = "s3"  # a presigned URL has no such header
    if "Credential=" in (authorization := environ.get("HTTP_AUTHORIZATION", "")):
        service = authorization.split("Credential=", 1)[1].split(",", 1)[0].split("/")[3]
    service = _SERVICES.get(service, service)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return service, target.rsplit(".", 1)[-1], {}
    if service not in {"s3", "lambda"}:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        form = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(form)  # type: ignore[index]
        return service, parse_qs(form.decode(errors="replace")).get("Action", ["unknown"])[0], {}
    try:
        operation, parameters = _router(service).match(_bare_request(environ))
    except Exception:  # noqa: BLE001 - whatever the router makes of an odd path, the call itself may be answered
        return service, "unknown", {}
    return service, operation.name, dict(parameters or {})


@functools.lru_cache(maxsize=8)
def _router(service: str) -> Any:  # noqa: ANN401 - moto's
    return get_service_router(service)


def _bare_request(environ: Mapping[str, Any]) -> Any:  # noqa: ANN401 - moto's
    return Request({**environ, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})


def _read_parameters(environ: dict[str, Any]) -> dict[str, Any]:
    """The parameters in the query and, for the JSON protocols, in the body; the body can still be read afterwards."""
    found: dict[str, Any] = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    if environ.get("HTTP_X_AMZ_TARGET"):
        data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(data)
        found |= json.loads(data or b"{}")
    return {unquote(name): value for name, value in found.items()}


def _error(environ: Mapping[str, Any], service: str, fault: _Fault) -> tuple[str, list[tuple[str, str]], bytes]:
    message = "The twin was told to fail."
    status = f"{fault.status} {HTTPStatus(fault.status).phrase}"
    ids = [("x-amzn-RequestId", str(uuid.uuid4()))]
    if service == "s3":
        body = f"<Error><Code>{escape(fault.code)}</Code><Message>{message}</Message></Error>"
        return status, [("Content-Type", "application/xml"), *ids], body.encode()
    if not environ.get("HTTP_X_AMZ_TARGET") and service != "lambda":
        inner = f"<Error><Type>Sender</Type><Code>{escape(fault.code)}</Code><Message>{message}</Message></Error>"
        return status, [("Content-Type", "text/xml"), *ids], f"<ErrorResponse>{inner}</ErrorResponse>".encode()
    error: dict[str, Any] = {"__type": fault.code, "message": message}
    if fault.reasons:
        listed = ", ".join(fault.reasons)
        error["Message"] = error.pop("message")
        error["Message"] = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]"
        error["CancellationReasons"] = [
            {"Code": code, **({"Message": _REASONS.get(code, code)} if code != "None" else {})}
            for code in fault.reasons
        ]
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-ErrorType", fault.code), *ids]
    return status, headers, json.dumps(error).encode()
