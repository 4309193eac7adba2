"""What the tests of Unifically build besides: the provider over a scripted connection, and what they send about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from klingway.providers.unifically.profile import unifically_profile
from klingway.providers.unifically.provider import UnificallyProvider

from tests.unit.builders import BASE_URL, SEED_DAY, FakeCredentials, ScriptedHttp, with_api_key

if TYPE_CHECKING:
    from klingway.providers.contract import HttpAnswer

MODEL = "kuaishou/kling-3.0-omni-video"
TASK_ID = "abc123def456"
WITH_CALLBACKS = frozenset({"callbacks"})


def unifically(
    *answers: HttpAnswer | Exception,
    credentials: FakeCredentials | None = None,
    switches: frozenset[str] = WITH_CALLBACKS,
) -> tuple[UnificallyProvider, ScriptedHttp]:
    """Return the provider over a scripted connection."""
    http = ScriptedHttp(list(answers))
    provider = UnificallyProvider(
        base_url=BASE_URL,
        profile=unifically_profile(SEED_DAY, switches=switches),
        http=http,
        credentials=credentials or FakeCredentials(with_api_key()),
        now=lambda: 1_795_176_000.9,
    )
    return provider, http


def said(code: int = 200, /, *, success: object = None, **data: Any) -> dict[str, Any]:
    """Return an answer in the documented envelope."""
    body: dict[str, Any] = {"code": code, "success": code == 200 if success is None else success, "data": data}
    return {name: value for name, value in body.items() if value is not ...}
