from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.api.bodies import read_json_object
from klingway.domain.errors import MalformedRequestError, UnsupportedMediaTypeError

JSON_TYPE = "application/json"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        " application/json ;charset=UTF-8",
        "application/vnd.api+json",
    ],
)
def test_json_is_taken_however_its_type_is_written(content_type: str) -> None:
    """Case, blanks, parameters and a +json suffix do not matter."""
    assert {"a": 1} == read_json_object(content_type, b'{"a": 1}')


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "image/svg+json",
        "json",
    ],
)
def test_another_content_type_is_refused(content_type: str) -> None:
    """415, and what it should be."""
    with pytest.raises(UnsupportedMediaTypeError, match="Content-Type: application/json"):
        read_json_object(content_type, b'{"a": 1}')


MALFORMED = {
    "nothing": (b"", "not JSON"),
    "blanks": (b"  \n", "not JSON"),
    "half": (b'{"a": ', "not JSON"),
    "something after it": (b"{} {}", "not JSON"),
    "single quotes": (b"{'a': 1}", "not JSON"),
    "a trailing comma": (b'{"a": 1,}', "not JSON"),
    "a NUL byte": (b'{"a": "\x00"}', "not JSON"),
    "a NUL byte behind it": (b"{}\x00", "not JSON"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not JSON"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
    "UTF-16 without a mark": ('{"a": 1}'.encode("utf-16-le"), "not JSON"),
    "invalid UTF-8": (b'{"a": "\xff"}', "not UTF-8"),
    "half a character in UTF-8": (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
    "an array": (b"[]", "must be a JSON object"),
    "a string": (b'"a"', "must be a JSON object"),
    "a number": (b"1", "must be a JSON object"),
    "null": (b"null", "must be a JSON object"),
    "NaN": (b'{"a": NaN}', "NaN is not JSON"),
    "Infinity": (b'{"a": Infinity}', "Infinity is not JSON"),
    "-Infinity": (b'{"a": [-Infinity]}', "-Infinity is not JSON"),
    "a name twice": (b'{"a": 1, "b": 2, "a": 1}', "'a' stands twice"),
    "a name twice further in": (b'{"x": [{"a": 1, "a": 2}]}', "'a' stands twice"),
    "a name twice, once escaped": (b'{"a": 1, "\\u0061": 1}', "'a' stands twice"),
    "objects 100000 deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too deeply"),
    "lists 100000 deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deeply"),
    "100000 brackets opened": (b"[" * 100_000, "too deeply"),
    "a list of 10000 values": (b'{"a": [' + b"1," * 9_999 + b"1]}", "more than 10000 values"),
    "10000 fields": (json.dumps({f"a{n}": n for n in range(10_000)}).encode(), "more than 10000 values"),
    "10000 values in several lists": (
        json.dumps({"a": [[1] * 100] * 99, "b": [{}]}).encode(),
        "more than 10000 values",
    ),
    "a number of 5000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "cannot be used"),
}


@pytest.mark.parametrize(("body", "said"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_json_object_is_malformed(body: bytes, said: str) -> None:
    """400 with the reason, and no other exception."""
    with pytest.raises(MalformedRequestError, match=said):
        read_json_object(JSON_TYPE, body)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": "\\ud800"}', id="a lone surrogate in a value"),
        pytest.param(b'{"\\udfff": 1}', id="a lone surrogate in a name"),
        pytest.param(b'{"a": 1e999}', id="a number beyond a double"),
        pytest.param(b'{"a": -1e999}', id="a number below a double"),
    ],
)
def test_what_cannot_be_written_as_json_again_is_malformed(body: bytes) -> None:
    """A body is stored and echoed: what UTF-8 or JSON cannot say afterwards is refused at the door."""
    with pytest.raises(MalformedRequestError):
        read_json_object(JSON_TYPE, body)


def test_a_place_is_named() -> None:
    """Line and column of a mistake."""
    with pytest.raises(MalformedRequestError, match="line 2, column 7"):
        read_json_object(JSON_TYPE, b'{"a": 1,\n "b": }')


def test_a_long_name_that_stands_twice_is_not_echoed_whole() -> None:
    """At most 64 characters of it."""
    body = json.dumps({"n" * 1000: 1})[:-1] + ", " + json.dumps({"n" * 1000: 2})[1:]

    with pytest.raises(MalformedRequestError) as refused:
        read_json_object(JSON_TYPE, body.encode())

    assert "n" * 64 in refused.value.detail
    assert "n" * 65 not in refused.value.detail


@pytest.mark.timeout(3)
def test_finding_a_name_that_stands_twice_takes_time_in_proportion() -> None:
    """50,000 names (600 KB) of which the last stands twice are refused at once: the search is not quadratic."""
    body = "{" + ",".join(f'"k{index}":1' for index in range(50_000)) + ',"k49999":1}'

    with pytest.raises(MalformedRequestError, match="'k49999' stands twice"):
        read_json_object(JSON_TYPE, body.encode())


def test_a_body_of_nearly_10000_values_is_read() -> None:
    """The object itself, the list and 9,998 numbers."""
    body = {"a": [1] * 9_998}

    assert body == read_json_object(JSON_TYPE, json.dumps(body).encode())


def test_ordinary_json_comes_back_as_it_is() -> None:
    """Escapes, pairs of surrogates, an escaped NUL, large and small numbers."""
    body = {"a": "é🦊\x00", "b": [1, 2.5, None, True, 10**30], "c": {"d": {}}}

    assert body == read_json_object(JSON_TYPE, json.dumps(body).encode())


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | st.text('{}[]",:0aeE+-.\\u\n ').map(str.encode))
def test_any_bytes_are_an_object_or_malformed(body: bytes) -> None:
    """Whatever comes, nothing but the documented error."""
    with contextlib.suppress(MalformedRequestError):
        assert isinstance(read_json_object(JSON_TYPE, body), dict)
