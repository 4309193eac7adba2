from __future__ import annotations

import io
import time
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image, ImageChops

from local.simulators.media import ClipSpec, MediaLibrary, PictureSpec, nearest_aspect

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC = ClipSpec(task_id="930810057590833241", provider="klingai", model="kling-v3-omni", prompt="A fox in the snow")
PICTURE = PictureSpec(
    task_id="930810057590833241", provider="klingai", model="kling-v3-omni", prompt="A fox in the snow"
)


@pytest.fixture
def library() -> Iterator[MediaLibrary]:
    made = MediaLibrary()
    yield made
    made.close()


@pytest.mark.parametrize("duration_s", [1.0, 3.0, 5.041, 7.5, 15.041])
def test_length(library: MediaLibrary, duration_s: float) -> None:
    """A clip lasts what was asked for, within 0.03 s; the specification: "the output result is 24 fps"."""
    with av.open(io.BytesIO(library.clip(replace(SPEC, duration_s=duration_s)))) as clip:
        stream = clip.streams.video[0]
        assert stream.average_rate == 24
        assert clip.duration is not None
        assert clip.duration / 1_000_000 == pytest.approx(duration_s, abs=0.03)
        assert sum(1 for _ in clip.decode(video=0)) == round(duration_s * 24)


@pytest.mark.parametrize(
    ("aspect", "mode", "size"),
    [
        ("16:9", "std", (480, 270)),
        ("9:16", "std", (270, 480)),
        ("1:1", "std", (480, 480)),
        ("16:9", "pro", (640, 360)),
        ("9:16", "pro", (360, 640)),
        ("1:1", "pro", (640, 640)),
        ("16:9", "4k", (800, 450)),
    ],
)
def test_frame(library: MediaLibrary, aspect: str, mode: str, size: tuple[int, int]) -> None:
    """Frames have the asked aspect, scaled down by mode; H.264 in yuv420p, which every player takes."""
    with av.open(io.BytesIO(library.clip(replace(SPEC, aspect=aspect, mode=mode, duration_s=1)))) as clip:
        context = clip.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, (context.width, context.height)) == ("h264", "yuv420p", size)
        assert not clip.streams.audio


def test_index_in_front(library: MediaLibrary) -> None:
    """The index stands before the data, so that players start before the whole file has come."""
    data = library.clip(replace(SPEC, duration_s=1))
    assert data[4:8] == b"ftyp"
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_sound(library: MediaLibrary) -> None:
    """With sound there is an AAC track that is as long as the picture and does not lengthen the file."""
    with av.open(io.BytesIO(library.clip(replace(SPEC, sound=True)))) as clip:
        track = clip.streams.audio[0]
        assert track.codec_context.name == "aac"
        assert clip.duration is not None
        assert clip.duration / 1_000_000 == pytest.approx(5.0, abs=0.03)
        frames = list(clip.decode(audio=0))
        assert sum(frame.samples for frame in frames) == pytest.approx(5 * 44_100, abs=2 * 1_024)


def test_picture_moves(library: MediaLibrary) -> None:
    """Frames differ from one to the next, and tasks, prompts and marks from each other."""

    def frames(spec: ClipSpec) -> list[Image.Image]:
        with av.open(io.BytesIO(library.clip(spec))) as clip:
            return [frame.to_image() for frame in clip.decode(video=0)]

    spec = replace(SPEC, duration_s=1)
    first = frames(spec)
    assert all(ImageChops.difference(a, b).getbbox() for a, b in pairwise(first))
    for other in (replace(spec, task_id="2"), replace(spec, prompt="A cat"), replace(spec, watermark=True)):
        difference = ImageChops.difference(first[12], frames(other)[12]).convert("L")
        assert max(difference.tobytes()) > 60


def test_cover(library: MediaLibrary) -> None:
    """A cover is a JPEG of the clip's size."""
    with Image.open(io.BytesIO(library.cover(replace(SPEC, aspect="9:16")))) as cover:
        assert (cover.format, cover.size) == ("JPEG", (270, 480))


@pytest.mark.parametrize("prompt", ["", "x" * 3000, "word " * 700, "雪 🦊 \n\t <b>&", "a\x00b"])
def test_any_prompt(library: MediaLibrary, prompt: str) -> None:
    """Any prompt can be drawn, on the flattest picture too."""
    assert library.clip(replace(SPEC, prompt=prompt, duration_s=0.2))
    assert library.file(replace(PICTURE, prompt=prompt, aspect="21:9"))


@pytest.mark.parametrize(
    "change",
    [
        {"task_id": "2"},
        {"prompt": "A cat"},
        {"model": "kling-image-o1"},
        {"index": 1},
        {"count": 4},
        {"watermark": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_pictures_show_what_they_are(library: MediaLibrary, change: dict[str, object]) -> None:
    """A picture is a PNG on which task, prompt, model, index, number and mark can be told apart."""
    first, other = (Image.open(io.BytesIO(library.file(replace(PICTURE, **spec)))) for spec in ({}, change))
    assert "PNG" == first.format
    difference = ImageChops.difference(first, other).convert("L")
    assert max(difference.tobytes()) > 20


def test_quick_and_made_once(library: MediaLibrary) -> None:
    """A 5 s clip takes well under half a second of one core, and the same one again next to nothing."""
    spec = replace(SPEC, duration_s=5.041, mode="pro")
    began = time.process_time()
    data = library.clip(spec)
    assert time.process_time() - began < 0.5
    began = time.process_time()
    assert library.clip(spec) == data
    assert time.process_time() - began < 0.02


@pytest.mark.parametrize(
    ("size", "aspect"), [((1920, 1080), "16:9"), ((720, 1280), "9:16"), ((500, 500), "1:1"), ((800, 600), "16:9")]
)
def test_nearest_aspect(size: tuple[int, int], aspect: str) -> None:
    """A first frame's sides choose one of the three aspects."""
    assert nearest_aspect(*size) == aspect
