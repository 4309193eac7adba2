"""What `klingway demo` runs, as data: each scene with what has to come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from local.cli.props import Picture, ReceiverUrl
from local.cli.ways import BusEvent, InboxFile, InWordsOf, OverHttp, Way

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Act:
    """A request, and how it is made.

    Attributes:
        name: Of its folder under the results.
        title: What it shows.
        request: The canonical request, in which pictures and addresses may stand that are not there yet.
        way: How it is asked for.
    """

    name: str
    title: str
    request: Mapping[str, Any]
    way: Way = field(default_factory=OverHttp)

    @property
    def reference(self) -> str:
        """What its job is called."""
        return f"demo-{self.name}"


@dataclass(frozen=True, kw_only=True)
class Scene(Act):
    """A job that has to succeed.

    Attributes:
        duration_s: How long its video has to be.
        provider: Whose it has to be.
        learnt_by: How its end has to be learnt.
        route_reason: Why it is that provider's, where the scene shows that.
        path: The states through which its workflow has to go; none where there is nothing to be made first.
        elements: Those that have to be made at the provider, and deleted after the end.
        webhook: The receiver's path that has to be told, where there is one.
        files: What has to be made, besides the provenance.
        tasks: How many there have to be, at all providers together.
    """

    duration_s: float = 0.0
    provider: str = "klingai"
    learnt_by: str = "callback"
    route_reason: str | None = None
    path: tuple[str, ...] = ()
    elements: frozenset[str] = frozenset()
    webhook: str | None = None
    files: tuple[str, ...] = ("video.mp4",)
    tasks: int = 1


@dataclass(frozen=True, kw_only=True)
class Mistake(Act):
    """A request that has to be refused as a whole, with every field that is wrong.

    Attributes:
        fields: All that is wrong with it.
    """

    fields: frozenset[str]


_DAY: Final = ((150, 200, 250), (250, 225, 170))
_NIGHT: Final = ((15, 20, 60), (70, 40, 90))
_MOSS: Final = ((120, 160, 90), (40, 70, 40))
_BRICK: Final = ((190, 90, 60), (90, 40, 30))

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
            "provider": "klingai",
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
            "provider": "klingai",
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
            "images": [
                {"url": Picture("first_frame", *_DAY), "role": "first_frame"},
                {"url": Picture("last_frame", *_NIGHT), "role": "last_frame"},
            ],
            "provider": "klingai",
        },
        duration_s=4,
    ),
    Scene(
        name="two-elements",
        title="two people are made at the provider first, by a workflow, and deleted afterwards",
        request={
            "prompt": "<<<element_1>>> hands a lantern to <<<element_2>>> on a windy pier",
            "duration_s": 4,
            "elements": [
                {
                    "name": "Mira",
                    "description": "a fisherwoman in a green coat",
                    "images": [Picture("mira-front", *_MOSS), Picture("mira-side", *_DAY)],
                },
                {
                    "name": "Otto",
                    "description": "a keeper of a lighthouse in a red cap",
                    "images": [Picture("otto-front", *_BRICK), Picture("otto-side", *_NIGHT)],
                },
            ],
            "provider": "klingai",
        },
        duration_s=4,
        path=("MakeElements", "MakeElement", "MakeElement", "SubmitJob"),
        elements=frozenset({"Mira", "Otto"}),
    ),
    Scene(
        name="apimart-frames",
        title="another provider, in 4k; it never calls back, and is asked",
        request={
            "prompt": "The tide comes in",
            "model": "kling-v3",
            "mode": "4k",
            "duration_s": 3,
            "images": [
                {"url": Picture("first_frame", *_BRICK), "role": "first_frame"},
                {"url": Picture("last_frame", *_MOSS), "role": "last_frame"},
            ],
            "provider": "apimart",
        },
        duration_s=3,
        provider="apimart",
        learnt_by="poll",
    ),
    Scene(
        name="apimart-references",
        title="pictures to refer to, at that provider",
        request={
            "prompt": "The house of <<<image_1>>> under the sky of <<<image_2>>>",
            "model": "kling-v3-omni",
            "duration_s": 3,
            "images": [{"url": Picture("house", *_BRICK)}, {"url": Picture("sky", *_DAY)}],
            "provider": "apimart",
        },
        duration_s=3,
        provider="apimart",
        learnt_by="poll",
    ),
    Scene(
        name="ezmodel",
        title="a reseller that passes Kling's own callback on",
        request={
            "prompt": "A fox steps out of <<<image_1>>>",
            "duration_s": 3,
            "negative_prompt": "blur",
            "images": [{"url": Picture("wood", *_MOSS)}],
            "provider": "ezmodel",
        },
        duration_s=3,
        provider="ezmodel",
    ),
    Scene(
        name="unifically",
        title="a reseller with five modes: here from one picture to another",
        request={
            "prompt": "The fog lifts",
            "duration_s": 3,
            "images": [
                {"url": Picture("first_frame", *_NIGHT), "role": "first_frame"},
                {"url": Picture("last_frame", *_DAY), "role": "last_frame"},
            ],
            "provider": "unifically",
        },
        duration_s=3,
        provider="unifically",
    ),
    Scene(
        name="pictures",
        title="two pictures instead of a film",
        request={"prompt": "A fox, oil painting", "count": 2, "aspect_ratio": "3:2", "provider": "klingai"},
        way=OverHttp("image"),
        files=("image_1.png", "image_2.png"),
    ),
    Scene(
        name="words-of-klingai",
        title="a client of Kling's own API; APIMart makes it",
        request={
            "model_name": "kling-v3-omni",
            "multi_shot": True,
            "shot_type": "customize",
            "multi_prompt": [
                {"index": 1, "prompt": "A door opens", "duration": "1"},
                {"index": 2, "prompt": "A cat looks round it", "duration": "2"},
            ],
            "mode": "pro",
            "sound": "on",
            "aspect_ratio": "16:9",
            "duration": "3",
            "external_task_id": "shop-order-7",
        },
        way=InWordsOf("klingai", provider="apimart"),
        duration_s=3,
        provider="apimart",
        learnt_by="poll",
    ),
    Scene(
        name="words-of-ezmodel",
        title="a client of EzModel; Kling itself makes it",
        request={
            "model": "kling-v3-omni",
            "prompt": "A fox running through a sunlit forest",
            "duration": "3",
            "aspect_ratio": "16:9",
            "sound": "on",
        },
        way=InWordsOf("ezmodel", provider="klingai"),
        duration_s=3,
    ),
    Scene(
        name="words-of-apimart",
        title="a client of APIMart; Unifically makes it",
        request={"model": "kling-v3-omni", "prompt": "A paper boat in the rain", "duration": 3, "mode": "pro"},
        way=InWordsOf("apimart", provider="unifically"),
        duration_s=3,
        provider="unifically",
    ),
    Scene(
        name="words-of-unifically",
        title="a client of Unifically, and nobody else named",
        request={
            "model": "kuaishou/kling-3.0-omni-video",
            "input": {"prompt": "A majestic eagle soaring through mountain peaks", "duration": 3, "mode": "pro"},
        },
        way=InWordsOf("unifically"),
        duration_s=3,
        provider="unifically",
    ),
    Scene(
        name="cheapest",
        title="no provider named: the cheapest that can surely do it, and why",
        request={"prompt": "A paper boat on a calm pond", "duration_s": 3, "provider": "auto"},
        duration_s=3,
        provider="apimart",
        learnt_by="poll",
        route_reason="apimart: cheapest of apimart ($0.20), klingai ($0.25), ezmodel ($0.25), unifically (price unknown)",
    ),
    Scene(
        name="inbox-file",
        title="a file dropped into the inbox; its video lies in the outbox",
        request={"prompt": "An owl turns its head", "duration_s": 3, "provider": "klingai"},
        way=InboxFile("animals/owl"),
        duration_s=3,
    ),
    Scene(
        name="event",
        title="an event asks, and an event with its correlation id tells",
        request={"prompt": "A kettle begins to sing", "duration_s": 3, "provider": "klingai"},
        way=BusEvent("order-42"),
        duration_s=3,
    ),
    Scene(
        name="webhook",
        title="a server of yours is told, signed",
        request={
            "prompt": "A swing sways in an empty yard",
            "duration_s": 3,
            "webhook": {"url": ReceiverUrl("/hooks/video")},
            "provider": "klingai",
        },
        duration_s=3,
        webhook="/hooks/video",
    ),
    Scene(
        name="lost-callback",
        title="the provider never calls back; the poller, run each minute, finds out",
        request={
            # The marker makes the simulator silent for this task.
            "prompt": "[sim:silent] A lighthouse in fog, its beam sweeping over the sea",
            "duration_s": 3,
            "aspect_ratio": "1:1",
            "provider": "klingai",
        },
        duration_s=3,
        learnt_by="poll",
    ),
    Scene(
        name="full",
        title="the provider has no room twice; the job waits its turn, and is made once",
        request={
            "prompt": "[sim:busy=2] A heron waits by the reeds",
            "duration_s": 3,
            "provider": "klingai",
        },
        duration_s=3,
    ),
    Scene(
        name="stalled",
        title="a provider takes far too long; the next one makes the film",
        request={
            # Four times what a slow generation takes is 18 s here. The next one is asked where nobody waits for it, as others do
            # for KlingAI at that time.
            "prompt": "[sim:generation=30] A snail crosses a path",
            "duration_s": 3,
            "provider": ["apimart", "unifically"],
            "failover": "always",
        },
        duration_s=3,
        provider="unifically",
        route_reason="unifically: the next after apimart (stalled)",
        tasks=2,
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
    Mistake(
        name="bad-file",
        title="a file that cannot work gets its answer in the outbox",
        request={"prompt": "An owl turns its head", "duration_s": 99, "mode": "8k", "colour": "red"},
        way=InboxFile("animals/mistakes"),
        fields=frozenset({"duration_s", "mode", "colour"}),
    ),
    Mistake(
        name="bad-event",
        title="an event that cannot work is answered by an event",
        request={"prompt": "", "duration_s": 2},
        way=BusEvent("order-43"),
        fields=frozenset({"prompt", "duration_s"}),
    ),
)
