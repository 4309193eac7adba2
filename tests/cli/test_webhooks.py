from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.cli.fake_gateway import Answer, FakeGateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

DELIVERY: dict[str, Any] = {
    "id": "msg_01J_4_1",
    "kind": "webhook",
    "address": "https://shop.example/[hooks]/video",
    "event": "job.succeeded",
    "state": "delivered",
    "created_at": "2026-11-20T12:00:05.000Z",
    "finished_at": "2026-11-20T12:00:11.000Z",
    "tries": [
        {"at": "2026-11-20T12:00:05.100Z", "took_ms": 15000, "error": "no answer in time"},
        {"at": "2026-11-20T12:00:10.900Z", "took_ms": 87, "status": 204},
    ],
}


def test_deliveries(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """Each delivery is shown with where it went, and each try with what came of it."""
    gateway.says("GET /v1/jobs/job_01J/deliveries", Answer(200, {"deliveries": [DELIVERY]}))
    result = klingway("deliveries", "job_01J")
    assert result.exit_code == 0, result.output
    for text in ("delivered", "job.succeeded", DELIVERY["address"], "15000 ms  no answer in time", "87 ms  204"):
        assert text in result.stdout
    assert {"deliveries": [DELIVERY]} == json.loads(klingway("deliveries", "job_01J", "--json").stdout)


def test_no_deliveries(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """That there are none is said, on standard error."""
    gateway.says("GET /v1/jobs/job_01J/deliveries", Answer(200, {"deliveries": []}))
    result = klingway("deliveries", "job_01J")
    assert (0, "") == (result.exit_code, result.stdout)
    assert "Nothing was sent" in result.stderr


def test_the_webhook_secret(gateway: FakeGateway, klingway: Callable[..., Result]) -> None:
    """It alone is printed, ready for a pipe."""
    gateway.says("GET /v1/webhook-secret", Answer(200, {"secret": "whsec_c2VjcmV0"}))
    assert "whsec_c2VjcmV0\n" == klingway("webhook-secret").stdout
    assert {"secret": "whsec_c2VjcmV0"} == json.loads(klingway("webhook-secret", "--json").stdout)
