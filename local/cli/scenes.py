"""What `klingway demo` runs, as data: each scene with what has to come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A job that has to succeed.

    Attributes:
        name: Of its folder under the results.
        title: What it shows.
        request: The body of `POST /v1/videos`, pictures left out.
        duration_s: How long its video has to be.
        learnt_by: How its end has to be learnt.
        pictures: By role, pictures to draw and to send along, each between two colours.
    """

    name: str
    title: str
    request: Mapping[str, Any]
    duration_s: float
    learnt_by: str = "callback"
    pictures: Mapping[str, tuple[Colour, Colour]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A request that has to be refused as a whole, with every field that is wrong.

    Attributes:
        name: As of a scene.
        title: What it shows.
        request: The body.
        fields: All that is wrong with it.
    """

    name: str
    title: str
    request: Mapping[str, Any]
    fields: frozenset[str]


SCENES: Final = (
    Scene(
        name="text-to-video",
        title="a prompt becomes a video",
        request={
            "prompt": "A red fox trots through fresh snow at dawn, low sun behind the trees",
            "model": "kling-v3-omni",
            "mode": "pro",
            "duration_s": 5,
            "aspect_ratio": "16:9",
            "sound": True,
            "reference": "demo-text",
        },
        duration_s=5,
    ),
    Scene(
        name="multi-shot",
        title="three shots in one video",
        request={
            "shots": [
                {"prompt": "Wide shot of a harbour at first light", "duration_s": 3},
                {"prompt": "A gull takes off from a bollard", "duration_s": 2},
                {"prompt": "Close-up of wet ropes", "duration_s": 3},
            ],
            "aspect_ratio": "9:16",
            "reference": "demo-shots",
        },
        duration_s=8,
    ),
    Scene(
        name="first-and-last-frame",
        title="from one picture to another",
        request={
            "prompt": "Night falls over the valley",
            "model": "kling-v3",
            "duration_s": 4,
            "reference": "demo-frames",
        },
        pictures={
            "first_frame": ((150, 200, 250), (250, 225, 170)),
            "last_frame": ((15, 20, 60), (70, 40, 90)),
        },
        duration_s=4,
    ),
    Scene(
        name="lost-callback",
        title="the provider never calls back; the poller, run each minute, finds out",
        request={
            # The marker makes the simulator silent for this task.
            "prompt": "[sim:silent] A lighthouse in fog, its beam sweeping over the sea",
            "duration_s": 3,
            "aspect_ratio": "1:1",
            "reference": "demo-silent",
        },
        duration_s=3,
        learnt_by="poll",
    ),
)

MISTAKES: Final = (
    Mistake(
        name="five-mistakes",
        title="a bad request costs nothing and is answered with all that is wrong",
        request={
            "shots": [{"prompt": "A gull takes off", "duration_s": 0}, {"prompt": "It lands", "duration_s": 4}],
            "model": "kling-v9",
            "aspect_ratio": "4:3",
            "sound": "yes",
            "durations": 5,
        },
        fields=frozenset({"shots[0].duration_s", "model", "aspect_ratio", "sound", "durations"}),
    ),
)
