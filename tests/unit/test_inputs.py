from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.domain import inputs
from klingway.domain.errors import Problem
from klingway.domain.ids import Tenant
from klingway.domain.inputs import BucketObject, InlineImage
from klingway.domain.validation import read_request

from tests.unit.builders import CLIP, END_PICTURE, FEATURE, FIRST, LAST, PICTURE, PROMPT, video_request

TENANT, BUCKET = Tenant("acme"), "our-bucket"
# The smallest of each kind: a grey pixel.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080001000101011100ffc4001400010000000000"
    "00000000000000000000000000ffc40014100100000000000000000000000000000000ffda0008010100003f0037ffd9"
)
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L"


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://example.com/a.png",
        "HTTPS://EXAMPLE.COM/a",
        "https://example.com",
        "https://example.com/a?b=c&d=%20#e",
        "https://example.com:8443/ä.png",
        "s3://our-bucket/inputs/acme/a.png",
        "s3://our-bucket/inputs/acme/deep/er/a b.png",
        "s3://our-bucket/results/acme/2026/11/20/job/1/video.mp4",
    ],
)
def test_an_address_that_may_be_used(url: str) -> None:
    """A link, or the tenant's own objects."""
    assert inputs.address_problem("video.url", url, bucket=BUCKET, tenant=TENANT) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        pytest.param("s3://other-bucket/inputs/acme/a.png", "forbidden_address", id="another bucket"),
        pytest.param("s3://our-bucket2/inputs/acme/a.png", "forbidden_address", id="a bucket of similar name"),
        pytest.param("s3://our-bucket/inputs/acme2/a.png", "forbidden_address", id="a tenant of similar name"),
        pytest.param("s3://our-bucket/inputs/other/a.png", "forbidden_address", id="another tenant's inputs"),
        pytest.param("s3://our-bucket/results/other/a.mp4", "forbidden_address", id="another tenant's results"),
        pytest.param("s3://our-bucket/inbox/acme/a.png", "forbidden_address", id="another prefix"),
        pytest.param("s3://our-bucket/acme/inputs/a.png", "forbidden_address", id="prefixes swapped"),
        pytest.param("s3://our-bucket//inputs/acme/a.png", "forbidden_address", id="a key that begins with a slash"),
        pytest.param("s3://our-bucket/INPUTS/acme/a.png", "forbidden_address", id="upper case"),
        pytest.param("s3://our-bucket/inputs/acme/../other/a.png", "forbidden_address", id="up and down"),
        pytest.param("s3://our-bucket/inputs/acme/x/../../other/a.png", "forbidden_address", id="up twice and down"),
        pytest.param("s3://our-bucket/inputs/acme/./a.png", "forbidden_address", id="a dot"),
        pytest.param("s3://our-bucket/inputs/acme/..", "forbidden_address", id="up at the end"),
        pytest.param("s3://our-bucket/inputs/acme/", "forbidden_address", id="the prefix alone"),
        pytest.param("s3://our-bucket/", "wrong_form", id="no key"),
        pytest.param("s3:///inputs/acme/a.png", "wrong_form", id="no bucket"),
        pytest.param("", "wrong_form", id="nothing"),
        pytest.param("ftp://example.com/a.png", "wrong_form", id="another scheme"),
        pytest.param("file:///etc/passwd", "wrong_form", id="a file"),
        pytest.param("javascript:alert(1)", "wrong_form", id="a script"),
        pytest.param("//example.com/a.png", "wrong_form", id="no scheme"),
        pytest.param("example.com/a.png", "wrong_form", id="a host alone"),
        pytest.param("https://", "wrong_form", id="no host"),
        pytest.param("https:///a.png", "wrong_form", id="an empty host"),
        pytest.param("https://?a", "wrong_form", id="a query alone"),
        pytest.param("https://example.com/a b.png", "wrong_form", id="a blank"),
        pytest.param(" https://example.com/a.png", "wrong_form", id="a blank before"),
        pytest.param("https://example.com/a.png\n", "wrong_form", id="a line break behind"),
        pytest.param("https://example.com/\r\nX-Header: 1", "wrong_form", id="a header smuggled"),
        pytest.param("https://example.com/\x00.png", "wrong_form", id="a NUL"),
        pytest.param("https://example.com/\u202egnp.exe", "wrong_form", id="a text that runs backwards"),
        pytest.param("http://[::1/a.png", "wrong_form", id="half a bracket"),
        pytest.param("https://:443/a.png", "wrong_form", id="a port alone"),
        pytest.param("https://example.com:0/a.png", "wrong_form", id="port 0"),
        pytest.param("https://example.com:99999/a.png", "wrong_form", id="a port beyond all"),
        pytest.param("https://example.com:http/a.png", "wrong_form", id="a port in words"),
        pytest.param("s3://our-bucket/inputs/acme/a.png\n", "forbidden_address", id="a line break behind a key"),
        pytest.param("data:image/png;base64,AAAA", "wrong_form", id="a data URI where no picture can stand"),
    ],
)
def test_an_address_that_may_not_be_used_is_a_problem(url: str, code: str) -> None:
    """What would be accepted stands in the limit."""
    problem = inputs.address_problem("video.url", url, bucket=BUCKET, tenant=TENANT)

    assert problem is not None
    assert ("video.url", code) == (problem.field, problem.code)
    assert ["https://…", "s3://our-bucket/inputs/acme/…", "s3://our-bucket/results/acme/…"] == problem.limit


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254 is not a public address"),
        ("http://127.1/a.png", "127.1 is not a public address"),
        ("https://me:secret@example.com/a.png", "must not carry a user name or password"),
    ],
)
def test_a_link_that_no_provider_should_be_given_is_a_problem(url: str, words: str) -> None:
    """The provider fetches it: it is not had reach into anybody's network, nor told a credential, which is not repeated."""
    problem = inputs.address_problem("video.url", url, bucket=BUCKET, tenant=TENANT)

    assert problem is not None
    assert ("video.url", "forbidden_address") == (problem.field, problem.code)
    assert words in problem.message
    assert "secret" not in problem.message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(PNG, ("image/png", "png"), id="png"),
        pytest.param(JPEG, ("image/jpeg", "jpg"), id="jpeg"),
    ],
)
@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param("", id="bare"),
        pytest.param("data:image/png;base64,", id="data URI"),
        pytest.param("DATA:image/jpeg;BASE64,", id="data URI in capitals"),
        pytest.param("data:;base64,", id="data URI of no type"),
        pytest.param("data:image/png;charset=utf-8;name=a.png;base64,", id="data URI with parameters"),
    ],
)
def test_a_picture_given_inline_is_read(prefix: str, data: bytes, expected: tuple[str, str]) -> None:
    """What it is, its bytes say and not its label."""
    found = inputs.inline_image("images[0].url", prefix + text_of(data))

    assert InlineImage("images[0].url", data, *expected) == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("garbage!", id="no Base64"),
        pytest.param("abcde", id="a wrong length"),
        pytest.param(text_of(b"just text"), id="no picture"),
        pytest.param(text_of(GIF), id="a gif"),
        pytest.param("data:image/gif;base64," + text_of(GIF), id="a gif as data URI"),
        pytest.param("data:image/png;base64," + text_of(GIF), id="a gif that says it is a png"),
        pytest.param(text_of(WEBP), id="a webp"),
        pytest.param("data:image/png,rawbytes", id="a data URI without Base64"),
        pytest.param("data:image/png;base64,", id="an empty data URI"),
        pytest.param(text_of(PNG)[:40] + "\n" + text_of(PNG)[40:], id="broken into lines"),
        pytest.param(text_of(PNG).rstrip("="), id="without padding"),
        pytest.param("é" * 8, id="no ASCII"),
        pytest.param("\ud800", id="half a character"),
        pytest.param("example.com/a.png", id="a host alone"),
        pytest.param("x" * 70 + "://", id="a scheme that is none"),
    ],
)
def test_what_is_neither_picture_nor_address_is_a_problem(text: str) -> None:
    """It names the place and what would be accepted."""
    found = inputs.inline_image("images[3].url", text)

    assert isinstance(found, Problem)
    assert ("images[3].url", "wrong_form") == (found.field, found.code)
    assert "jpg or png" in found.message


@pytest.mark.parametrize("url", [PICTURE, "http://a", "s3://our-bucket/k", "ftp://a/b"])
def test_an_address_is_no_picture(url: str) -> None:
    """Addresses are judged elsewhere."""
    assert inputs.inline_image("images[0].url", url) is None


@given(st.text() | st.text().map("data:image/png;base64,".__add__))
def test_any_text_is_a_picture_a_problem_or_an_address(text: str) -> None:
    """Nothing raises."""
    found = inputs.inline_image("images[0].url", text)

    assert found is None or isinstance(found, (InlineImage, Problem))


@given(st.text() | st.text().map("s3://our-bucket/".__add__))
def test_any_text_is_an_address_or_a_problem(text: str) -> None:
    """Nothing raises, and of our bucket only what is the tenant's is let through."""
    problem = inputs.address_problem("video.url", text, bucket=BUCKET, tenant=TENANT)

    if text.startswith("s3://our-bucket/") and problem is None:
        assert text.startswith(("s3://our-bucket/inputs/acme/", "s3://our-bucket/results/acme/"))


def test_the_object_that_an_address_names() -> None:
    """The key, without the bucket; None for a link."""
    assert BucketObject("inputs/acme/a b.png") == inputs.bucket_object("s3://our-bucket/inputs/acme/a b.png")
    assert inputs.bucket_object(PICTURE) is None


def test_every_address_of_a_body_is_found_by_its_place() -> None:
    """Images in order, then the video."""
    body = PROMPT | {"images": [FIRST, LAST], "video": FEATURE}

    assert {"images[0].url": PICTURE, "images[1].url": END_PICTURE, "video.url": CLIP} == inputs.media_places(body)


@pytest.mark.parametrize(
    "body",
    [
        {"images": None, "video": None},
        {"images": {"url": "x"}, "video": "x"},
        {"images": ["x", None, {"url": 5}, {"url": ""}, {}], "video": {"url": []}},
        {},
    ],
)
def test_a_broken_body_has_no_addresses_and_no_exception(body: dict[str, Any]) -> None:
    """Types are judged elsewhere."""
    assert {} == inputs.media_places(body)


def test_addresses_are_found_beside_what_is_broken() -> None:
    """A broken image does not hide the others."""
    assert {"images[1].url": PICTURE} == inputs.media_places({"images": [5, {"url": PICTURE, "role": "nonsense"}]})


def test_addresses_are_put_in_their_places_and_all_else_stays() -> None:
    """Roles, the video's use and what was not given stay as they are; the request given is not changed."""
    body = PROMPT | {"images": [FIRST, LAST], "video": FEATURE}
    request = video_request(**body)

    changed = inputs.with_addresses(request, {"images[1].url": "https://new/1", "video.url": "https://new/v"})

    assert body == request.model_dump(exclude_unset=True)
    assert body | {
        "images": [FIRST, LAST | {"url": "https://new/1"}],
        "video": FEATURE | {"url": "https://new/v"},
    } == changed.model_dump(exclude_unset=True)


ELEMENTS = {
    "elements": [
        {"name": "dog", "description": "d", "images": [PICTURE, END_PICTURE]},
        {"id": "160"},
        {"name": "man", "description": "m", "video": CLIP},
    ]
}


def test_elements_have_addresses_too() -> None:
    """Each picture of an element and its video are found by their places; what is broken beside them is passed over."""
    body = PROMPT | ELEMENTS
    body["elements"] = [*body["elements"], {"images": "no list", "video": 5}, "no object"]

    assert {
        "elements[0].images[0]": PICTURE,
        "elements[0].images[1]": END_PICTURE,
        "elements[2].video": CLIP,
    } == inputs.media_places(body)


def test_elements_get_other_addresses() -> None:
    """The one picture changes; the element's other parts, and what was not given, stay."""
    request = video_request(**PROMPT | ELEMENTS)

    changed = inputs.with_addresses(
        request, {"elements[0].images[1]": "https://new/1", "elements[2].video": "https://new/v"}
    )

    dog, known, man = ELEMENTS["elements"]
    expected = [dog | {"images": [PICTURE, "https://new/1"]}, known, man | {"video": "https://new/v"}]
    assert PROMPT | {"elements": expected} == changed.model_dump(exclude_unset=True)


MASKED: dict[str, Any] = {
    "prompt": "a fox",
    "provider_options": {
        "klingai": {
            "static_mask": PICTURE,
            "dynamic_masks": [{"mask": END_PICTURE, "trajectories": []}, {"mask": PICTURE, "trajectories": []}],
            "camera_control": {"type": "simple"},
        },
        "apimart": {"dynamic_masks": 5, "static_mask": 6},
    },
}


def test_masks_have_addresses_too() -> None:
    """Those among a provider's own options, by their places; what is no address is none."""
    assert {
        "provider_options.klingai.static_mask": PICTURE,
        "provider_options.klingai.dynamic_masks[0].mask": END_PICTURE,
        "provider_options.klingai.dynamic_masks[1].mask": PICTURE,
    } == inputs.media_places(MASKED)
    assert {} == inputs.media_places({"provider_options": {"klingai": 5}})
    assert {} == inputs.media_places({"provider_options": [5]})


def test_masks_get_other_addresses() -> None:
    """Where they are given, and nowhere else."""
    request = video_request(**MASKED)

    changed = inputs.with_addresses(
        request,
        {
            "provider_options.klingai.static_mask": "s3://b/1",
            "provider_options.klingai.dynamic_masks[1].mask": "s3://b/2",
        },
    )

    assert {
        "klingai": {
            "static_mask": "s3://b/1",
            "dynamic_masks": [{"mask": END_PICTURE, "trajectories": []}, {"mask": "s3://b/2", "trajectories": []}],
            "camera_control": {"type": "simple"},
        },
        "apimart": {"dynamic_masks": 5, "static_mask": 6},
    } == changed.provider_options
    assert request.provider_options == MASKED["provider_options"], "the request itself stays as it was"


@pytest.mark.parametrize(
    ("place", "expected"),
    [("images[0].url", True), ("elements[1].images[3]", True), ("elements[0].video", False), ("video.url", False)],
)
def test_pictures_may_come_inline_and_videos_may_not(place: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Kling takes pictures in Base64; a video has to be at an address."""
    assert expected == inputs.is_picture(place)


def test_no_addresses_change_nothing() -> None:
    """A request without media is the same."""
    request = read_request("video", PROMPT)[0]

    assert request == inputs.with_addresses(request, {"images[0].url": "https://new"})


def test_at_most_4_mb_of_pictures_stand_in_a_request() -> None:
    """Lambda takes 6 MB of body in all, and Base64 makes four of three."""
    assert 4 * 1024 * 1024 == inputs.MAX_INLINE_BYTES
