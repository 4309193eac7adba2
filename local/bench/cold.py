"""Cold starts: importing each function, and its first request, in fresh interpreters, against boto3 and one client.

Subject and baseline are timed in turn, so that a machine whose speed drifts slows both.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.cloud.model import LocalFunction
from local.twin import Twin

ROUNDS: Final = 7

_BASELINE: Final = "import boto3; boto3.client('dynamodb')"
_IMPORT: Final = "import app"
_FIRST_REQUEST: Final = """
import json, sys, app
event = json.loads(sys.argv[1])
answer = app.handler(event, None)
assert answer["statusCode"] < 400, answer
"""
# httpx loads its command line where it finds these two; a developer's machine has them, the Lambda layer has not.
_TIMED: Final = """
import sys
sys.modules["click"] = sys.modules["rich"] = None
from time import perf_counter
began = perf_counter()
exec({code!r})
print(perf_counter() - began)
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A duration against the baseline."""

    name: str
    median_s: float
    ratio: float
    """Median of the ratios, round by round."""


def measure(twin: Twin) -> list[Figure]:
    """Time every function's import, and the API's first requests, on a running twin."""
    environment = _environment(twin)
    figures = []
    for function in twin.cloud.functions.values():
        name = f"import {function.logical_id.removesuffix('Function').lower()}"
        figures.append(_against_baseline(name, _IMPORT, function, {}, environment))
    api = twin.cloud.functions["ApiFunction"]
    requests = {
        "import api, first GET /v1/jobs": _event(twin, "GET", "/v1/jobs", None),
        "import api, first POST /v1/videos": _event(twin, "POST", "/v1/videos", {"prompt": "a fox"}),
    }
    for name, event in requests.items():
        figures.append(_against_baseline(name, _FIRST_REQUEST, api, event, environment))
    return figures


def _against_baseline(
    name: str, code: str, function: LocalFunction, event: Mapping[str, Any], environment: Mapping[str, str]
) -> Figure:
    path = os.pathsep.join(str(part) for part in (function.root, *function.layers))
    its_own = {**environment, **function.env, "PYTHONPATH": path}
    pairs = [(_seconds(code, json.dumps(event), its_own), _seconds(_BASELINE, "", environment)) for _ in range(ROUNDS)]
    return Figure(
        name, statistics.median(own for own, _ in pairs), statistics.median(own / base for own, base in pairs)
    )


def _seconds(code: str, argument: str, environment: Mapping[str, str]) -> float:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _TIMED.format(code=code), argument],
        env=dict(environment),
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.splitlines()[-1])


def _environment(twin: Twin) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": twin.cloud.aws_endpoint,
        "AWS_DEFAULT_REGION": twin.cloud.region,
        "AWS_REGION": twin.cloud.region,
        "AWS_ACCESS_KEY_ID": "twin",
        "AWS_SECRET_ACCESS_KEY": "twin",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }


def _event(twin: Twin, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {twin.key.api_key}", "content-type": "application/json"},
        "requestContext": {
            "domainName": "gateway.example",
            "http": {"method": method, "path": path},
            "requestId": "bench",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    } | ({} if body is None else {"body": json.dumps(body)})
