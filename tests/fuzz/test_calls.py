"""Calls of every route with another method, path, query or header than it has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from klingway.api.openapi import document

from tests.fuzz.effort import EFFORT
from tests.fuzz.odd_values import TEXTS
from tests.fuzz.services import CANONICAL, CREATES
from tests.fuzz.stage import Asked, Stage, expect_nothing_done, expect_one_create

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN = "job_01M7XQJEV0CNR8GVSAAKQ466HV"
PATHS = sorted(
    {
        *document()["paths"],
        *(create.path for create in CREATES.values()),
        "/klingai/v1/videos/omni-video/{id}", "/klingai/v1/images/generations/{id}",
        "/klingai/v1/general/advanced-custom-elements", "/klingai/v1/general/advanced-custom-elements/{id}",
        "/klingai/v1/general/advanced-presets-elements", "/klingai/v1/general/delete-elements",
        "/ezmodel/kling/v1/videos/omni-video/{id}", "/ezmodel/v1/videos/{id}", "/ezmodel/v1/videos/{id}/content",
        "/apimart/v1/tasks/{id}", "/unifically/v1/tasks/{id}", "/callbacks/{id}/token", "/",
    }
)  # fmt: skip
METHODS = ("GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "BREW")
SEGMENTS = (
    KNOWN, "job_", "el_01M7XQJEV0CNR8GVSAAKQ466HV", "1", "0", "-1", "9" * 400, "a" * 3_000, ".", "..", "%2e%2e", "%2F", "%00",
    "%", "%zz", "%ff", "%ed%a0%80", "%0d%0aX:1", "a%20b", "*", "null", "%F0%9F%A6%8A", "",
)  # fmt: skip
QUERIES = (
    *[""] * 6,
    "limit=0", "limit=-1", "limit=1e3", "limit=" + "9" * 500, "limit=%D9%A5",
    "cursor=x", "cursor=" + KNOWN, "state=%00", "state=running",
    "pageNum=0&pageSize=501", "pageNum=" + "9" * 30, "pageNum=1&pageNum=2", "file=..%2F..%2Fjob.json", "file=", "kind=film",
    "exp=x&sig=%00", "exp=" + "9" * 400 + "&sig=a", "=", "&&", "%", "%zz=%zz", "a[]=1", "provider=" + "x" * 3_000,
)  # fmt: skip
HEADER_NAMES = (
    "Idempotency-Key", "Klingway-Provider", "Content-Type", "Authorization", "Accept", "Content-Length", "X-Forwarded-Host",
    "Host", "Cookie", "Transfer-Encoding", "Range",
)  # fmt: skip
HEADER_VALUES = (
    *(text for text in TEXTS if "\ud7ff" >= max(text, default="a")),
    "x" * 9_000,
    "Bearer",
    "Bearer " + "a." * 2 + "a",
)


@st.composite
def odd_calls(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Asked:
    """Return a call that is a little off, or more."""
    path = draw(st.sampled_from(PATHS))
    parts = [draw(st.sampled_from(SEGMENTS)) if part.startswith("{") else part for part in path.split("/")]
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        place = draw(st.integers(1, len(parts)))
        parts[place : place + draw(st.integers(0, 1))] = [draw(st.sampled_from(SEGMENTS))]
    query = draw(st.sampled_from(QUERIES))
    headers = draw(st.dictionaries(st.sampled_from(HEADER_NAMES), st.sampled_from(HEADER_VALUES), max_size=2))
    body = draw(st.sampled_from((b"", b"{}", b"[]", b'{"prompt": "a fox"}', b"\xff")))
    target = "/".join(parts) + (f"?{query}" if query else "")
    return Asked(method=draw(st.sampled_from(METHODS)), target=target, headers=headers, body=body)


@EFFORT
@given(call=odd_calls())
def test_an_odd_call_is_answered(stage: Stage, call: Asked) -> None:
    """With JSON or a redirect, never with a defect; one that is refused leaves nothing behind."""
    stage.clear()

    answer = stage.ask(call)

    event(str(answer.status))
    assert 200 <= answer.status < 500, (call, answer)
    if answer.text:
        json.loads(answer.text)
    if answer.status >= 300 or call.method != "POST":
        traces = stage.traces()
        made = [sent for sent in traces.calls if sent.method != "GET"]  # a page of presets is asked for
        expect_nothing_done(replace(traces, calls=made))


@pytest.mark.parametrize("name", [*CREATES, *CANONICAL])
@EFFORT
@given(data=st.data())
def test_a_request_that_is_sent_twice_is_one(stage: Stage, name: str, data: st.DataObject) -> None:
    """Under one idempotency key: the same answer, one job, one create; a key of a refused request stays free."""
    create = (CREATES | CANONICAL)[name]
    body = json.dumps(data.draw(st.sampled_from(data.draw(st.sampled_from((create.good, create.bad)))))).encode()
    call = Asked(method="POST", target=create.path, headers={"Idempotency-Key": "order-42"}, body=body)
    stage.clear()

    first, second = stage.ask(call), stage.ask(call)

    assert first.status == second.status
    if first.status in {200, 202}:
        expect_one_create(stage)
        assert ids_of(first.text) == ids_of(second.text)
    else:
        expect_nothing_done(stage.traces())


def ids_of(text: str) -> list[str]:
    """Return the jobs that an answer names."""
    return sorted({word for word in text.split('"') if word.startswith("job_")})
