from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import click
import pytest

from local.cli.building import build_request, read_request

if TYPE_CHECKING:
    from pathlib import Path


def test_only_given_options_are_in_the_request() -> None:
    """What was not given stays out, and false is given."""
    options = {"prompt": "a fox", "model": None, "sound": False, "shot": (), "image": (), "provider": ()}
    assert build_request({}, **options) == {"prompt": "a fox", "sound": False}


def test_what_to_do_when_things_go_wrong_can_be_said() -> None:
    """Each option is the field of its name."""
    given = {"failover": "always", "deadline_s": 600, "on_unconfirmed": "resubmit"}
    assert build_request({}, prompt="a fox", **given) == {"prompt": "a fox", **given}


def test_options_win_over_the_file() -> None:
    """A field of the file stays unless an option names it."""
    assert build_request({"prompt": "a", "mode": "pro"}, prompt="b") == {"prompt": "b", "mode": "pro"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A gull=4", {"prompt": "A gull", "duration_s": 4}),
        ("a=b = 12", {"prompt": "a=b", "duration_s": 12}),
    ],
)
def test_shots(text: str, expected: dict[str, Any]) -> None:
    """The number after the last equals sign is the shot's length."""
    assert build_request({}, shot=(text,))["shots"] == [expected]


@pytest.mark.parametrize("text", ["A gull", "=4", "A gull=", "A gull=four", "A gull=-1", "A gull=4.5"])
def test_shots_of_another_form(text: str) -> None:
    """They are refused with an example."""
    with pytest.raises(click.UsageError, match="PROMPT=SECONDS"):
        build_request({}, shot=(text,))


def test_pictures(tmp_path: Path) -> None:
    """Files become data URIs, addresses stay, frames carry their role, references come first."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    request = build_request(
        {}, image=("https://example.com/x.jpg",), first_frame=str(tmp_path / "a.png"), last_frame="s3://b/inputs/k"
    )
    encoded = base64.b64encode(b"\x89PNG").decode()
    assert request["images"] == [
        {"url": "https://example.com/x.jpg"},
        {"url": f"data:image/png;base64,{encoded}", "role": "first_frame"},
        {"url": "s3://b/inputs/k", "role": "last_frame"},
    ]


def test_a_picture_that_is_not_there() -> None:
    """It is named, with both things that it could have been."""
    with pytest.raises(click.UsageError, match=r"nowhere\.png: neither an address nor a file"):
        build_request({}, image=("nowhere.png",))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"video": "https://x/v.mp4"}, {"url": "https://x/v.mp4", "use": "edit"}),
        (
            {"video": "https://x/v.mp4", "video_use": "feature", "keep_sound": False},
            {"url": "https://x/v.mp4", "use": "feature", "keep_sound": False},
        ),
    ],
)
def test_videos(options: dict[str, Any], expected: dict[str, Any]) -> None:
    """A clip is edited unless something else is said."""
    assert build_request({}, **options) == {"video": expected}


def test_video_options_without_a_video() -> None:
    """They are refused: dropping them would be a surprise."""
    with pytest.raises(click.UsageError, match="--video"):
        build_request({}, video_use="edit")


def test_providers_and_elements_and_webhook_and_metadata() -> None:
    """One provider is a name, several are an order of preference."""
    assert build_request({}, provider=("klingai",))["provider"] == "klingai"
    assert build_request({}, provider=("a", "b"))["provider"] == ["a", "b"]
    assert build_request({}, element=("el_1",))["elements"] == [{"id": "el_1"}]
    assert build_request({}, metadata='{"a": 1}')["metadata"] == {"a": 1}
    assert build_request({}, webhook="https://x/hook")["webhook"] == {"url": "https://x/hook"}


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_metadata_of_another_form(text: str) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(click.UsageError, match="--metadata"):
        build_request({}, metadata=text)


@pytest.mark.parametrize(
    ("content", "says"), [(b"{", "line 1, column"), (b"[]", "JSON object"), (b"\xff", "UTF-8"), (None, "No such file")]
)
def test_request_files_that_cannot_be_used(tmp_path: Path, content: bytes | None, says: str) -> None:
    """The message says what is wrong with the file."""
    path = tmp_path / "request.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(click.UsageError, match=says):
        read_request(str(path))


def test_a_request_file(tmp_path: Path) -> None:
    """Its object is the request."""
    (tmp_path / "r.json").write_text(json.dumps({"prompt": "ä"}), encoding="utf-8")
    assert read_request(str(tmp_path / "r.json")) == {"prompt": "ä"}
