"""The canonical requests: what a caller may ask for, whoever makes the video or the pictures.

Strict: an unknown field or a value of another type is refused. Here stand types and ranges that hold for every provider;
rules between fields are in `rules`, what one provider allows is in its profile. Values that a caller leaves out stay
out: defaults are filled in while rendering for a provider, so that only what was given counts in validation.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from klingway.domain.addresses import MAX_ADDRESS_CHARS
from klingway.domain.ids import Kind

Mode = Literal["std", "pro", "4k"]
AspectRatio = Literal["16:9", "9:16", "1:1"]
PictureAspectRatio = Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"]
Resolution = Literal["1k", "2k", "4k"]
ImageRole = Literal["reference", "first_frame", "last_frame"]
VideoModel = Literal[
    "kling-v3",
    "kling-v3-omni",
    "kling-video-o1",
    # Older ones, of which each provider says what it still has.
    "kling-v1",
    "kling-v1-5",
    "kling-v1-6",
    "kling-v2-master",
    "kling-v2-1",
    "kling-v2-1-master",
    "kling-v2-5-turbo",
    "kling-v2-6",
]
ImageModel = Literal[
    "kling-v3",
    "kling-v3-omni",
    "kling-image-o1",
    "kling-v1",
    "kling-v1-5",
    "kling-v2",
    "kling-v2-new",
    "kling-v2-1",
]
ShotSplit = Literal["customize", "intelligence"]
VideoUse = Literal["edit", "feature"]

DEFAULT_MODEL: Final = "kling-v3-omni"
DEFAULT_MODE: Mode = "std"
DEFAULT_ASPECT_RATIO: AspectRatio = "16:9"
DEFAULT_DURATION_S = 5
DEFAULT_RESOLUTION: Resolution = "1k"
DEFAULT_SERIES_COUNT = 4
MIN_DURATION_S, MAX_DURATION_S = 3, 15

MAX_PROMPT_CHARS = 2500
"""The longest prompt that any of the services takes (Kling's API specification, `prompt`)."""

Prompt = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT_CHARS)]
MediaUrl = Annotated[str, StringConstraints(min_length=1)]
"""`https://…`, `http://…`, `s3://…` in the gateway's own bucket, or, for images, inline Base64. `inputs` says which."""
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


_ProviderName = Annotated[str, StringConstraints(min_length=1, max_length=32)]
_ProviderNames = Annotated[list[_ProviderName], Field(min_length=1, max_length=10)]
Providers = Annotated[
    _ProviderNames, BeforeValidator(_one_or_more, json_schema_input_type=_ProviderName | _ProviderNames)
]
AUTO = "auto"


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class Image(_Strict):
    """A picture to work from."""

    url: MediaUrl
    """jpg, jpeg or png. A data URI or bare Base64 is stored under `inputs/` first."""
    role: ImageRole = "reference"


class Element(_Strict):
    """A persistent subject: an element that exists (`id`), or one to be made first (all the other fields)."""

    id: Id | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    """What it is called; how long a name may be, and whether one is needed, is the provider's to say."""
    description: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    images: Annotated[list[MediaUrl], Field(min_length=1, max_length=4)] | None = None
    """The first one is the frontal view."""
    video: MediaUrl | None = None
    voice_id: Id | None = None
    tags: Annotated[list[str], Field(max_length=8)] | None = None


class Shot(_Strict):
    """One shot of a multi-shot video."""

    prompt: Prompt
    duration_s: Annotated[int, Field(ge=1, le=MAX_DURATION_S)]


class Video(_Strict):
    """A video to work from."""

    url: MediaUrl
    use: VideoUse
    """`edit` changes this very clip; `feature` takes its style, motion or camera."""
    keep_sound: bool | None = None


class Voice(_Strict):
    """A voice that exists at the provider."""

    id: Id


class Webhook(_Strict):
    """Where to tell of the job."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://", max_length=MAX_ADDRESS_CHARS)]
    events: (
        Annotated[list[Literal["job.succeeded", "job.failed", "job.canceled", "job.late_result"]], Field(min_length=1)]
        | None
    ) = None


class Request(_Strict):
    """What requests of every kind have."""

    kind: ClassVar[Kind]

    prompt: Prompt | None = None
    """What to show. `<<<image_1>>>`, `<<<video_1>>>`, `<<<element_1>>>` and `<<<voice_1>>>` refer to the lists below."""
    negative_prompt: Prompt | None = None
    images: Annotated[list[Image], Field(min_length=1, max_length=10)] | None = None
    elements: Annotated[list[Element], Field(min_length=1, max_length=10)] | None = None
    watermark: bool | None = None
    """Ask for a watermarked copy besides the plain one."""
    provider: Providers | None = None
    """`auto` (default), a provider, or providers in order of preference."""
    provider_options: dict[str, dict[str, Any]] | None = None
    """By provider: further fields of that provider's own request."""
    reference: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    """The caller's own name for the job; a filter of the list, not unique."""
    metadata: dict[str, Any] | None = None
    """Given back as it came, in the job and in events; at most 2 KB of JSON."""
    webhook: Webhook | None = None
    failover: Literal["never", "before_acceptance", "always"] | None = None
    """Whether the next provider that can do it is asked: `before_acceptance` (default) when one refuses it and nothing was
    created, `always` also when one fails at it that had accepted it, which may be paid for twice."""
    on_unconfirmed: Literal["fail", "resubmit"] | None = None
    """What to do when it can never be known whether a submission arrived: `fail` (default), or `resubmit` once, which may be
    paid for twice."""
    deadline_s: Annotated[int, Field(ge=60, le=86_400)] | None = None
    """By when its provider has to be done, counted from its acceptance; what is done by then is stored, however long that takes.
    What is made later is paid for, and comes late: `late_results` of the job. Left out: a day to be submitted, and another one
    from then on."""
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    tags: Annotated[list[str], Field(max_length=20)] | None = None

    def images_of(self, role: ImageRole) -> list[Image]:
        """Return the images of one role, in the order given."""
        return [image for image in self.images or [] if image.role == role]

    @property
    def prompts(self) -> dict[str, str]:
        """Every prompt by its place."""
        return {} if self.prompt is None else {"prompt": self.prompt}

    @property
    def words(self) -> dict[str, str]:
        """All that the caller wrote in words, by its place: prompts, and what elements are called and look like."""
        said = {"negative_prompt": self.negative_prompt}
        for index, element in enumerate(self.elements or []):
            said |= {f"elements[{index}].name": element.name, f"elements[{index}].description": element.description}
        return self.prompts | {place: text for place, text in said.items() if text is not None}

    @property
    def referable(self) -> dict[str, int]:
        """How many there are of each kind of thing that a prompt can refer to."""
        return {"image": len(self.images or []), "element": len(self.elements or []), "video": 0, "voice": 0}


class VideoRequest(Request):
    """The body of `POST /v1/videos`."""

    kind: ClassVar[Kind] = "video"

    model: VideoModel | None = None
    shots: Annotated[list[Shot], Field(min_length=1, max_length=6)] | None = None
    """Instead of `prompt`: up to six shots, in order."""
    shot_split: ShotSplit | None = None
    """`customize` takes `shots` as given (default); `intelligence` splits `prompt` into shots by itself."""
    mode: Mode | None = None
    """`std` is 720p, `pro` 1080p."""
    duration_s: Annotated[int, Field(ge=MIN_DURATION_S, le=MAX_DURATION_S)] | None = None
    aspect_ratio: AspectRatio | None = None
    sound: bool | None = None
    cfg_scale: Annotated[float, Field(ge=0, le=1)] | None = None
    video: Video | None = None
    voices: Annotated[list[Voice], Field(min_length=1, max_length=2)] | None = None

    @property
    def asked_model(self) -> str:
        """The model given, or the default."""
        return self.model or DEFAULT_MODEL

    @property
    def prompts(self) -> dict[str, str]:
        """Every prompt by its place: the request's own, and each shot's."""
        return super().prompts | {f"shots[{index}].prompt": shot.prompt for index, shot in enumerate(self.shots or [])}

    @property
    def referable(self) -> dict[str, int]:
        """How many there are of each kind of thing that a prompt can refer to."""
        return super().referable | {"video": 0 if self.video is None else 1, "voice": len(self.voices or [])}

    @property
    def is_multi_shot(self) -> bool:
        """Whether the video has several shots, given or found by the model."""
        return self.shots is not None or self.shot_split == "intelligence"

    @property
    def is_edit(self) -> bool:
        """Whether a given clip itself is changed; the result is then as long as the clip."""
        return self.video is not None and self.video.use == "edit"

    @property
    def asked_duration_s(self) -> int | None:
        """The length asked for: given, the sum of the shots, or the default; None for an edit, which keeps the clip's."""
        if self.is_edit:
            return None
        if self.duration_s is not None:
            return self.duration_s
        return sum(shot.duration_s for shot in self.shots) if self.shots else DEFAULT_DURATION_S

    @property
    def billed_units(self) -> int | None:
        """The seconds that are paid for; None where that is not known beforehand."""
        return self.asked_duration_s


class ImageRequest(Request):
    """The body of `POST /v1/images`."""

    kind: ClassVar[Kind] = "image"

    model: ImageModel | None = None
    resolution: Resolution | None = None
    aspect_ratio: PictureAspectRatio | None = None
    """`auto`: as the model finds fitting, where it can choose."""
    series: bool | None = None
    """Whether the pictures belong together; else they are several tries of one."""
    count: Literal["auto"] | Annotated[int, Field(ge=1, le=9)] | None = None
    """How many pictures; `auto`: as many as the model finds fitting, for a series alone."""

    @property
    def asked_model(self) -> str:
        """The model given, or the default."""
        return self.model or DEFAULT_MODEL

    @property
    def asked_count(self) -> int | Literal["auto"]:
        """The number of pictures asked for: given, or one, or that of a series."""
        return self.count or (DEFAULT_SERIES_COUNT if self.series else 1)

    @property
    def billed_units(self) -> int | None:
        """The pictures that are paid for; None where that is not known beforehand."""
        return None if self.asked_count == "auto" else self.asked_count


AnyRequest = VideoRequest | ImageRequest

REQUESTS: Final[Mapping[Kind, type[AnyRequest]]] = {"video": VideoRequest, "image": ImageRequest}


def read_stored(kind: Kind, request: Mapping[str, Any]) -> AnyRequest:
    """Return the request of a job of this kind, as it was accepted."""
    return REQUESTS[kind].model_validate(request)
