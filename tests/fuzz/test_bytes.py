"""Creates whose bytes are not what they should be: cut, spliced, doubled, or in another encoding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.fuzz.effort import EFFORT
from tests.fuzz.services import CANONICAL, CREATES
from tests.fuzz.shapes import SHAPES
from tests.fuzz.stage import Asked, Stage, expect_nothing_done, expect_one_create

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = {**CREATES, **CANONICAL}
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "utf-7")
CONTENT_TYPES = (
    *["application/json"] * 8,
    None, "", "text/plain", "application/json; charset=utf-16", "application/JSON;", "multipart/form-data",
    "application/x-www-form-urlencoded", "application/vnd.api+json", ",", "application/json, text/html", "\x7f",
)  # fmt: skip
PIECES = (
    b"", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN",
    b"-Infinity", b"1e999", b"9" * 5_000, b"[" * 5_000, b'{"a":' * 5_000, b" " * 10_000, b"//", b"\xef\xbb\xbf", b"\r\n\r\n",
)  # fmt: skip


@st.composite
def tampered(draw: Callable[[st.SearchStrategy[Any]], Any], body: Any) -> bytes:
    """Return the bytes of a body, with up to three places of them replaced."""
    text = json.dumps(body, ensure_ascii=draw(st.booleans()))
    encoded = text.encode(draw(st.sampled_from(ENCODINGS)), errors="replace")
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(encoded)))
        end = draw(st.sampled_from((begin, begin + 1, begin + 2, begin + 10, len(encoded))))
        encoded = encoded[:begin] + draw(st.sampled_from(PIECES)) + encoded[end:]
    return encoded * draw(st.sampled_from((1, 1, 1, 1, 2, 0)))


@pytest.mark.parametrize("name", ALL)
@EFFORT
@given(data=st.data(), content_type=st.sampled_from(CONTENT_TYPES))
def test_bytes_are_a_request_or_refused(stage: Stage, name: str, content_type: str | None, data: st.DataObject) -> None:
    """Whatever was sent: one job and its answer, or a refusal in the service's own words that leaves nothing behind."""
    create = ALL[name]
    body = data.draw(tampered(data.draw(st.sampled_from(create.good))))
    stage.clear()

    answer = stage.ask(
        Asked(method="POST", target=create.path, headers={"content-type": content_type}, body=body)  # type: ignore[dict-item]
    )

    event(str(answer.status))
    if answer.status in {200, 202}:
        expect_one_create(stage)
        return
    expect_nothing_done(stage.traces())
    if create.service in SHAPES:
        SHAPES[create.service].expect_refusal(answer.status, answer.json)
    else:
        assert (answer.status, "problems") in {(code, "problems") for code in (400, 413, 415, 422)}, answer.text[:300]
        assert answer.json["detail"]
