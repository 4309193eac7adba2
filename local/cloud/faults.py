"""Makes AWS calls fail on purpose, in front of the server that answers them."""

import functools
import io
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from moto.core.request import Request
from moto.core.responses import get_service_router
from werkzeug.wsgi import get_input_stream

_REASONS = {
    "ConditionalCheckFailed": "The conditional request failed",
    "TransactionConflict": "Transaction is ongoing for the item",
    "ThrottlingError": "Throughput exceeds the current capacity of your table or index",
}
_SERVICES = {"dynamodb", "events", "s3", "secretsmanager", "sqs", "states"}  # whose operations are known by name


@dataclass(eq=False)
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
    """Switches that a test sets, from any thread, in front of the application that answers an account's AWS calls."""

    def __init__(self, application: Callable[[dict[str, Any], Any], Iterable[bytes]], account: str) -> None:
        self._application, self._account = application, account
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []

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
            service: One of `dynamodb`, `events`, `s3`, `secretsmanager`, `sqs`, `states`.
            operation: For example `PutItem`.
            code: The error code that the caller sees.
            times: How many calls fail.
            status: The HTTP status of the answer.
            when: Given the call's parameters as boto3 names them, says whether this call is meant. For S3 those of
                the path and query alone.
            applied: Carry the call out, and only then lose the answer, as a 500.
            reasons: For `TransactionCanceledException`: the code of each item's reason, `None` (as text) where there
                is none.

        Raises:
            ValueError: No call of this service is known by its name here.
        """
        if service not in _SERVICES:
            raise ValueError(f"calls of {service} cannot be made to fail here")
        fault = _Fault(service, operation, code, times, 500 if applied else status, when, applied, tuple(reasons))
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults that have not come up yet."""
        with self._lock:
            self._faults.clear()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        """Answer a call, or let it be answered."""
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._account
        fault = self._take(environ) if self._faults else None
        if fault is None:
            return self._application(environ, start_response)
        if fault.applied:
            for _ in self._application(environ, lambda *_args: lambda _data: None):
                pass
        else:
            # A client that is cut off in the middle of its body would not read the answer.
            get_input_stream(environ).read()
        status, headers, body = _error(fault)
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body if environ["REQUEST_METHOD"] != "HEAD" else b""]

    def _take(self, environ: dict[str, Any]) -> _Fault | None:
        service, operation, parameters = _identify(environ)
        armed = [fault for fault in list(self._faults) if (fault.service, fault.operation) == (service, operation)]
        if armed:
            parameters |= _read_parameters(environ)
        meant = [fault for fault in armed if fault.when is None or fault.when(parameters)]
        with self._lock:
            for fault in meant:
                if fault in self._faults:
                    fault.left -= 1
                    if fault.left == 0:
                        self._faults.remove(fault)
                    return fault
        return None


def _identify(environ: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Which operation a call is of, without reading its body; parameters as far as S3's path and query give them."""
    service = "s3"  # a presigned URL has no such header
    if "Credential=" in (authorization := environ.get("HTTP_AUTHORIZATION", "")):
        service = authorization.split("Credential=", 1)[1].split(",", 1)[0].split("/")[3]
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return service, target.rsplit(".", 1)[-1], {}
    try:
        bare = Request({**environ, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"})
        operation, parameters = _s3_router().match(bare)
    except Exception:  # noqa: BLE001 - another service, or an odd path; the call itself may be answered
        return service, "unknown", {}
    return service, operation.name, dict(parameters or {})


@functools.cache
def _s3_router() -> Any:  # noqa: ANN401 - moto's
    return get_service_router("s3")


def _read_parameters(environ: dict[str, Any]) -> dict[str, Any]:
    """The parameters in the body, which can still be read afterwards; none for S3, whose body is an object."""
    if not environ.get("HTTP_X_AMZ_TARGET"):
        return {}
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(data)
    found: dict[str, Any] = json.loads(data or b"{}")
    return found


def _error(fault: _Fault) -> tuple[str, list[tuple[str, str]], bytes]:
    message = "The twin was told to fail."
    status = f"{fault.status} {HTTPStatus(fault.status).phrase}"
    if fault.service == "s3":
        body = f"<Error><Code>{escape(fault.code)}</Code><Message>{message}</Message></Error>"
        return status, [("Content-Type", "application/xml")], body.encode()
    error: dict[str, Any] = {"__type": fault.code, "message": message}
    if fault.reasons:
        listed = ", ".join(fault.reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]"
        reasons = [
            {"Code": code} if code == "None" else {"Code": code, "Message": _REASONS.get(code, code)}
            for code in fault.reasons
        ]
        error = {"__type": fault.code, "Message": message, "CancellationReasons": reasons}
    return status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(error).encode()
