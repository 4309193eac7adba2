"""Small clips that really play, and pictures; both show at a glance which task they belong to.

A clip is H.264 (yuv420p, 24 frames per second, the index at the front), optionally with a quiet AAC tone. Its
picture carries the prompt, provider, model, mode, task, running second, a moving ball and a progress bar. Planes are
drawn directly as luma and chroma, text four times a second and cheap shapes every frame: encoding is then nearly all
of the cost.
"""

from __future__ import annotations

import hashlib
import io
import math
import shutil
import tempfile
import textwrap
import threading
from array import array
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import av
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

FPS: Final = 24
_LONG_SIDE: Final = {"std": 480, "pro": 640, "4k": 800}
_PICTURE_LONG_SIDE: Final = {"1k": 336, "2k": 672, "4k": 1344}  # each of the eight ratios comes out exactly
_SAMPLE_RATE: Final = 44_100
_SAMPLES: Final = 1_024  # what one AAC frame holds
_REDRAWS_PER_S: Final = 4
_WIDE, _SQUARE = 1.2, 0.85  # aspects above are landscape, below portrait

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """All that a clip is made from; equal specifications give the same file.

    Attributes:
        task_id: the provider's id of the task, shown and used to pick the colours.
        provider: shown.
        model: shown.
        prompt: shown, wrapped and cut.
        mode: `std`, `pro` or `4k`: the real sizes (720p and up) are scaled down to a long side of 480, 640 or 800
            pixels.
        aspect: width:height, such as `16:9`.
        duration_s: seconds; the clip has the nearest whole number of frames (1/24 s).
        sound: adds a quiet tone.
        watermark: draws a visible mark.
    """

    content_type: ClassVar[str] = "video/mp4"

    task_id: str
    provider: str
    model: str
    prompt: str
    mode: str = "std"
    aspect: str = "16:9"
    duration_s: float = 5.0
    sound: bool = False
    watermark: bool = False

    @property
    def frames(self) -> int:
        """The number of frames, at least one."""
        return max(1, round(self.duration_s * FPS))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, both even."""
        return _sides(_LONG_SIDE.get(self.mode, _LONG_SIDE["std"]), self.aspect, 2)


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """All that a picture is made from; equal specifications give the same file.

    Attributes:
        task_id: the provider's id of the task, shown and used to pick the colours.
        provider: shown.
        model: shown.
        prompt: shown, wrapped and cut.
        resolution: `1k`, `2k` or `4k`: the real sizes are scaled down to a third, a long side of 336, 672 or 1344 pixels.
        aspect: width:height, such as `21:9`.
        index: from 0; shown as a number from 1.
        count: how many the task has, shown.
        watermark: draws a visible mark.
    """

    content_type: ClassVar[str] = "image/png"

    task_id: str
    provider: str
    model: str
    prompt: str
    resolution: str = "1k"
    aspect: str = "1:1"
    index: int = 0
    count: int = 1
    watermark: bool = False

    @property
    def name(self) -> str:
        """Of its file."""
        return f"image_{self.index}.png"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return _sides(_PICTURE_LONG_SIDE[self.resolution], self.aspect, 1)


def _sides(long_side: int, aspect: str, step: int) -> tuple[int, int]:
    """Returns width and height, the shorter one a multiple of a step."""
    width, height = (int(part) for part in aspect.split(":"))
    short_side = round(long_side * min(width, height) / max(width, height) / step) * step
    return (long_side, short_side) if width >= height else (short_side, long_side)


@lru_cache(maxsize=32)
def _font(size: int) -> _Font:
    return ImageFont.load_default(size)


def _wrapped(prompt: str, columns: int, rows: int) -> list[str]:
    lines = textwrap.wrap(" ".join(prompt.split()), columns) or ["(no prompt)"]
    return lines if len(lines) <= rows else [*lines[: rows - 1], lines[rows - 1][: columns - 1] + "…"]


class _Painter:
    """Draws the luma and the two chroma planes of a clip's frames."""

    def __init__(self, spec: ClipSpec, luma_width: int, chroma_width: int) -> None:
        self._spec = spec
        self._width, self._height = spec.size
        seed = hashlib.sha256(spec.task_id.encode()).digest()
        angle = seed[0] / 256 * math.tau
        self._ball_u, self._ball_v = (round(128 + 100 * part(angle)) for part in (math.cos, math.sin))
        self._luma = Image.new("L", (luma_width, self._height), 44)
        half = self._height // 2
        self._chroma = [
            Image.new("L", (chroma_width, half), round(128 + 26 * part(angle + math.pi / 2)))
            for part in (math.cos, math.sin)
        ]
        self._still()
        self._timed = self._luma
        self._redrawn = -1

    def _still(self) -> None:
        """Draws what does not move: labels, prompt and, where asked, the mark."""
        spec, width, height = self._spec, self._width, self._height
        draw = ImageDraw.Draw(self._luma)
        unit = max(11, min(width, height) // 17)
        if spec.watermark:
            draw.text((width // 8, int(height - unit * 7.2)), "WATERMARK", font=_font(unit * 2), fill=140)
        draw.rectangle((0, 0, width, round(unit * 1.7)), fill=90)
        draw.text((unit // 2, unit // 4), f"{spec.provider}  {spec.model}  {spec.mode}", font=_font(unit), fill=235)
        draw.text((unit // 2, unit * 2), f"task {spec.task_id}", font=_font(max(11, unit - 2)), fill=200)
        columns = max(12, int((width - unit) / (unit * 0.56)))
        rows = max(1, int((height - unit * 9.5) / (unit * 1.25)))
        for row, line in enumerate(_wrapped(spec.prompt, columns, rows)):
            draw.text((unit // 2, int(unit * 3.6 + row * unit * 1.25)), line, font=_font(unit), fill=235)
        self._unit = unit

    def frame(self, number: int) -> tuple[bytes, bytes, bytes]:
        """Returns the three planes of a frame."""
        spec, width, height, unit = self._spec, self._width, self._height, self._unit
        redraw = number * _REDRAWS_PER_S // FPS
        if redraw != self._redrawn:
            self._redrawn = redraw
            self._timed = self._luma.copy()
            draw = ImageDraw.Draw(self._timed)
            text = f"{number / FPS:.2f} / {spec.frames / FPS:.2f} s" + ("  sound" if spec.sound else "")
            draw.text((unit // 2, height - int(unit * 4.4)), text, font=_font(int(unit * 1.6)), fill=235)
        luma = self._timed.copy()
        done = (number + 1) / spec.frames
        radius = unit
        phase = number / FPS * 0.8
        x = radius + abs((phase % 2) - 1) * (width - 2 * radius)
        y = height - unit * 2.6 - abs(math.sin(phase * 5)) * unit * 2
        draw = ImageDraw.Draw(luma)
        draw.rectangle((0, height - unit, width, height), fill=70)
        draw.rectangle((0, height - unit, width * done, height), fill=210)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=180)
        planes = [luma.tobytes()]
        for plane, colour in zip(self._chroma, (self._ball_u, self._ball_v), strict=True):
            coloured = plane.copy()
            draw = ImageDraw.Draw(coloured)
            draw.rectangle((0, (height - unit) // 2, width * done / 2, height // 2), fill=colour)
            draw.ellipse(((x - radius) / 2, (y - radius) / 2, (x + radius) / 2, (y + radius) / 2), fill=colour)
            planes.append(coloured.tobytes())
        return planes[0], planes[1], planes[2]


def make_clip(spec: ClipSpec, path: Path) -> None:
    """Writes the clip to a file.

    Args:
        spec: what to make.
        path: where to; its folder exists.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "30", "threads": "1"})
        stream.width, stream.height = spec.size
        stream.pix_fmt = "yuv420p"
        audio = _add_tone_stream(container) if spec.sound else None
        blank = av.VideoFrame(stream.width, stream.height, "yuv420p")
        painter = _Painter(spec, blank.planes[0].line_size, blank.planes[1].line_size)
        for number in range(spec.frames):
            frame = av.VideoFrame(stream.width, stream.height, "yuv420p")
            for plane, data in zip(frame.planes, painter.frame(number), strict=True):
                plane.update(data)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if audio is not None:
            _mux_tone(container, audio, spec)


def _add_tone_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("aac", rate=_SAMPLE_RATE, layout="mono")
    stream.bit_rate = 32_000
    return stream


def _mux_tone(container: OutputContainer, stream: AudioStream, spec: ClipSpec) -> None:
    """Adds a tone as long as the picture; its pitch tells tasks apart."""
    cycles = 6 + hashlib.sha256(spec.task_id.encode()).digest()[1] % 12
    wave = array("f", (0.02 * math.sin(math.tau * cycles * n / _SAMPLES) for n in range(_SAMPLES)))
    total = spec.frames * _SAMPLE_RATE // FPS
    for start in range(0, total, _SAMPLES):
        count = min(_SAMPLES, total - start)
        frame = av.AudioFrame("fltp", "mono", count)
        data = wave[:count].tobytes()
        frame.planes[0].update(data + bytes(frame.planes[0].buffer_size - len(data)))
        frame.sample_rate = _SAMPLE_RATE
        frame.time_base = Fraction(1, _SAMPLE_RATE)
        frame.pts = start
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def make_cover(spec: ClipSpec) -> bytes:
    """Returns the first frame as JPEG."""
    width, height = spec.size
    planes = _Painter(spec, width, width // 2).frame(0)
    luma = Image.frombytes("L", (width, height), planes[0])
    chroma = [Image.frombytes("L", (width // 2, height // 2), plane).resize((width, height)) for plane in planes[1:]]
    buffer = io.BytesIO()
    Image.merge("YCbCr", (luma, *chroma)).convert("RGB").save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def make_picture(spec: PictureSpec) -> bytes:
    """Returns a picture as PNG: what it is, the prompt, and its number in the corner, on a colour of the task's."""
    width, height = spec.size
    seed = hashlib.sha256(f"{spec.task_id} {spec.index}".encode()).digest()
    image = Image.new("RGB", (width, height), (30 + seed[0] // 3, 30 + seed[1] // 3, 30 + seed[2] // 3))
    draw = ImageDraw.Draw(image)
    unit = max(9, min(width, height) // 16)
    number = f"{spec.index + 1}/{spec.count}"
    draw.text((width - unit // 2, height - unit // 2), number, font=_font(unit * 3), fill=(150, 150, 150), anchor="rs")
    draw.rectangle((0, 0, width, round(unit * 1.6)), fill=(90, 90, 90))
    told = f"{spec.provider}  {spec.model}  {spec.resolution}"
    draw.text((unit // 2, unit // 4), told, font=_font(unit), fill=(235, 235, 235))
    draw.text((unit // 2, unit * 2), f"task {spec.task_id}", font=_font(max(9, unit - 2)), fill=(210, 210, 210))
    columns, rows = max(8, int((width - unit) / (unit * 0.56))), max(1, int((height - unit * 4) / (unit * 1.25)))
    for row, line in enumerate(_wrapped(spec.prompt, columns, rows)):
        draw.text((unit // 2, int(unit * 3.6 + row * unit * 1.25)), line, font=_font(unit), fill=(235, 235, 235))
    if spec.watermark:
        draw.text((width // 8, height - unit * 3), "WATERMARK", font=_font(unit * 2), fill=(160, 160, 160))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def nearest_aspect(width: int, height: int) -> str:
    """Returns which of 16:9, 9:16 and 1:1 is nearest to a picture's sides."""
    ratio = width / height
    if ratio > _WIDE:
        return "16:9"
    return "9:16" if ratio < _SQUARE else "1:1"


class MediaLibrary:
    """Makes files when they are first asked for, a bounded number at a time, and keeps them until closed.

    Args:
        at_once: how many files are made at the same time; others wait.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="simulated-media-"))
        self._slots = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._making: dict[Path, threading.Lock] = {}

    def clip(self, spec: ClipSpec) -> bytes:
        """Returns a clip's bytes."""
        return self._file(spec, "mp4")

    def cover(self, spec: ClipSpec) -> bytes:
        """Returns the bytes of a clip's first frame as JPEG."""
        return self._file(spec, "jpg")

    def file(self, spec: ClipSpec | PictureSpec) -> bytes:
        """Returns the bytes of a clip or a picture."""
        return self.clip(spec) if isinstance(spec, ClipSpec) else self._file(spec, "png")

    def _file(self, spec: ClipSpec | PictureSpec, suffix: str) -> bytes:
        path = self._folder / f"{hashlib.sha256(repr(spec).encode()).hexdigest()}.{suffix}"
        with self._lock:
            own = self._making.setdefault(path, threading.Lock())
        with own:
            if not path.exists():
                part = path.with_suffix(".part")
                with self._slots:
                    if isinstance(spec, PictureSpec):
                        part.write_bytes(make_picture(spec))
                    elif suffix == "mp4":
                        make_clip(spec, part)
                    else:
                        part.write_bytes(make_cover(spec))
                part.rename(path)
        return path.read_bytes()

    def close(self) -> None:
        """Removes all files."""
        shutil.rmtree(self._folder, ignore_errors=True)
