"""`klingway tenants` and `klingway keys`, as somebody with AWS credentials uses them, and what the keys then open."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from local.cli.main import main
from local.twin import TENANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from local.twin import Twin


@pytest.fixture
def klingway(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command as somebody with AWS credentials; the stack is found by its name, which is the default."""
    for name, value in {
        "AWS_ENDPOINT_URL": twin.cloud.aws_endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "AWS_DEFAULT_REGION": twin.cloud.region,
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def status(twin: Twin, key: str, method: str = "GET", path: str = "/v1/jobs", **more: Any) -> int:
    return httpx.request(method, twin.cloud.url + path, headers={"Authorization": f"Bearer {key}"}, **more).status_code


def test_a_tenants_keys_from_first_to_last(twin: Twin, klingway: Callable[..., Result]) -> None:
    """Made with a scope and a route, rotated with a grace, listed without a secret, revoked."""
    assert klingway("keys", "create", "--tenant", "keysshop").exit_code == 1  # a slip of the pen makes no tenant
    assert "keysshop" in klingway("tenants", "create", "keysshop").stdout
    reader = said(
        klingway("keys", "create", "--tenant", "keysshop", "--scope", "read", "--label", "shop window", "--json")
    )
    buyer = said(
        klingway("keys", "create", "--tenant", "keysshop", "--scope", "submit", "--route", "apimart", "--json")
    )
    body = {"prompt": "[sim:generation=0.1] a key's route", "duration_s": 5}

    assert (200, 403) == (
        status(twin, reader["api_key"]),
        status(twin, reader["api_key"], "POST", "/v1/videos", json=body),
    )
    answer = httpx.post(
        f"{twin.cloud.url}/v1/videos", headers={"Authorization": f"Bearer {buyer['api_key']}"}, json=body
    )
    assert (202, "apimart") == (answer.status_code, answer.json()["provider"])

    rotated = said(klingway("keys", "rotate", reader["key_id"], "--json"))
    assert reader["api_key"] != rotated["api_key"]
    assert (reader["key_id"], ["read"], 2) == (rotated["key_id"], rotated["scopes"], rotated["version"])
    revoked = said(klingway("keys", "revoke", buyer["key_id"], "--json"))
    assert not revoked["enabled"]
    listed = klingway("keys", "list", "--tenant", "keysshop", "--json")
    assert {reader["key_id"]: True, buyer["key_id"]: False} == {
        key["key_id"]: key["enabled"] for key in said(listed)["keys"]
    }
    for secret in (reader["api_key"], reader["secret_key"], rotated["api_key"], buyer["secret_key"]):
        assert secret not in listed.output
    assert "keysshop" in [tenant["tenant"] for tenant in said(klingway("tenants", "list", "--json"))["tenants"]]
    assert "shop window" in klingway("tenants", "show", "keysshop").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tenants", "create", "No Name"], "lower-case letters"),
        (["keys", "list", "--tenant", "nobody"], "There is no tenant 'nobody'"),
        (["keys", "rotate", "nokey"], "There is no key 'nokey'"),
        (["keys", "revoke", "nokey"], "There is no key 'nokey'"),
        (["keys", "create", "--tenant", "default", "--route", "acme"], "There is no provider 'acme'"),
        (["keys", "create", "--tenant", TENANT, "--label", "x" * 101], "at most 100 characters"),
        (["keys", "list", "--tenant", "default", "--stack-name", "nowhere"], "--stack-name"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(klingway: Callable[..., Result], arguments: list[str], words: str) -> None:
    """With the fix, and without a traceback; nothing is made."""
    result = klingway(*arguments)

    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_caps_and_rates_are_said_in_each_callers_own_words(twin: Twin, klingway: Callable[..., Result]) -> None:
    """402 with the figures, and what that service says of an empty account; 429 with the seconds to wait; nothing is made."""
    klingway("tenants", "create", "keyscapped")
    shown = said(klingway("tenants", "caps", "keyscapped", "--daily-usd", "0.50", "--monthly-usd", "100", "--json"))
    assert ("0.50", "100", False) == (shown["daily_cap_usd"], shown["monthly_cap_usd"], shown["allows_unpriced"])
    key = said(klingway("keys", "create", "--tenant", "keyscapped", "--per-minute", "3", "--json"))
    headers = {"Authorization": f"Bearer {key['api_key']}"}
    body = {"prompt": "[sim:generation=0.1] capped", "duration_s": 3, "provider": "klingai"}
    wire = {"model_name": "kling-v3-omni", "prompt": "a fox", "aspect_ratio": "16:9", "duration": "3"}

    with httpx.Client(base_url=twin.cloud.url, headers=headers, timeout=60) as http:  # noqa: TID251 - a test's own
        within_a_minute(4)
        first, over, spoken, often = (
            http.post(path, json=sent)
            for path, sent in (
                ("/v1/videos", body), ("/v1/videos", body), ("/klingai/v1/videos/omni-video", wire), ("/v1/videos", body)
            )
        )  # fmt: skip
        often_spoken = http.post("/klingai/v1/videos/omni-video", json=wire)
        seen = http.get("/v1/budget")

    assert [202, 402, 429, 429, 429] == [answer.status_code for answer in (first, over, spoken, often, often_spoken)]
    (problem,) = over.json()["problems"]
    assert ("daily_cap", "0.50") == (problem["code"], problem["limit"]["cap_usd"])
    assert (1102, 1302) == (spoken.json()["code"], often_spoken.json()["code"])
    for answer in (often, often_spoken):
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert problem["limit"]["spent_usd"] == seen.json()["day_usd"]
    assert "0.50" in klingway("tenants", "caps", "keyscapped").stdout
    assert "none" in klingway("tenants", "caps", "keyscapped", "--daily-usd", "none").stdout


def within_a_minute(seconds: float) -> None:
    """Wait until a minute has so many seconds left: a key's calls are counted by the minute."""
    left_s = 60 - time.time() % 60
    if left_s < seconds:
        time.sleep(left_s)
