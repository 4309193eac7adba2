"""What the tests of EzModel build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from klingway.providers.contract import ProviderError
from klingway.providers.ezmodel.profile import ezmodel_profile
from klingway.providers.ezmodel.provider import EzmodelProvider

from tests.unit.builders import (
    ATTEMPT_ID,
    BASE_URL,
    PROMPT,
    SEED_DAY,
    TASK_ID,
    FakeCredentials,
    ScriptedHttp,
    video_request,
    with_api_key,
)

if TYPE_CHECKING:
    from datetime import date

    from klingway.providers.contract import HttpAnswer, Task

PATH = "/kling/v1/videos/omni-video"
HANDLE = {"path": PATH, "task_id": TASK_ID}
VIDEO_URL = "https://cdn.klingai.example/v.mp4"
FILM = {"videos": [{"id": "9", "url": VIDEO_URL, "duration": "5.041"}]}

# As the page has it, and the two fields that the published source adds to it.
ACCEPTED = {
    "id": TASK_ID, "task_id": TASK_ID, "object": "video", "model": "kling-v3-omni", "status": "", "progress": 0,
    "created_at": 1_737_367_800,
}  # fmt: skip


def ezmodel(
    *answers: HttpAnswer | Exception,
    credentials: FakeCredentials | None = None,
    rules_as_of: date = SEED_DAY,
    switches: frozenset[str] = frozenset(),
) -> tuple[EzmodelProvider, ScriptedHttp]:
    """Return the provider over a scripted connection."""
    http = ScriptedHttp(list(answers))
    provider = EzmodelProvider(
        base_url=BASE_URL,
        profile=ezmodel_profile(rules_as_of, switches=switches),
        http=http,
        credentials=credentials or FakeCredentials(with_api_key()),
        now=lambda: 1_795_176_000.9,
    )
    return provider, http


def at_kling(status: str, **changed: Any) -> dict[str, Any]:
    """Return Kling's last answer about a task, as EzModel keeps it; a field that is `...` is left out."""
    data = {
        "task_id": TASK_ID,
        "task_status": status,
        "task_status_msg": "",
        "task_info": {"external_task_id": ATTEMPT_ID},
        "created_at": 1_737_367_800_123,
        "updated_at": 1_737_367_815_456,
    } | changed
    return {
        "code": 0,
        "message": "SUCCEED",
        "request_id": "r",
        "data": {name: value for name, value in data.items() if value is not ...},
    }


def queried(status: object, kling: object = None, **changed: Any) -> dict[str, Any]:
    """Return a query's answer in EzModel's own form; a field that is `...` is left out."""
    data = {
        "task_id": TASK_ID,
        "action": "omniVideo",
        "status": status,
        "fail_reason": "",
        "submit_time": 1_737_367_800,
        "start_time": 1_737_367_815,
        "finish_time": 0,
        "progress": "30%",
        "data": kling,
    } | changed
    return {
        "code": "success",
        "message": "",
        "data": {name: value for name, value in data.items() if value is not ...},
    }


def flat(code: str, message: str = "the reason") -> dict[str, Any]:
    """Return an error of the relay."""
    return {"code": code, "message": message, "data": None}


def nested(kind: str, message: str = "the reason", code: object = "") -> dict[str, Any]:
    """Return an error of what lies before the relay."""
    return {"error": {"message": message, "type": kind, "code": code}}


def submit(*answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None) -> tuple[Task, ScriptedHttp]:
    """Submit the least request; return its task, and the calls that were made."""
    provider, http = ezmodel(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    return provider.submit(wire, timeout_s=20), http


def failed_submit(
    *answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None
) -> tuple[ProviderError, ScriptedHttp]:
    """Submit the least request, which is to fail; return how it did, and the calls that were made."""
    provider, http = ezmodel(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    return failed.value, http
