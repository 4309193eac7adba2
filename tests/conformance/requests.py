"""Any request that a provider's model takes: hypothesis strategies over all fields of the canonical requests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from hypothesis import strategies as st
from klingway.domain.capabilities import Capability
from klingway.domain.measures import Measure
from klingway.domain.references import Reference
from klingway.domain.request import DEFAULT_MODEL, AspectRatio, Mode, PictureAspectRatio, Resolution
from klingway.domain.validation import provider_problems, read_request

from tests.conformance.fields import CAMERA, CIRCUMSTANCES, MASKS, body_of
from tests.conformance.harness import SEED_DAY, SINCE_ALL, provider_of
from tests.unit.builders import PROMPT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from klingway.domain.capabilities import ModelProfile
    from klingway.domain.request import AnyRequest, Kind

Body = dict[str, Any]
Part = st.SearchStrategy[Body]

NAMES: Final = ("dog", "dogs", "dog_2", "my dog", "element_2", "Element1", "a.b", "caf", "café", "小狗", "小狗在")
TAGS: Final = ("o_101", "o_105", "o_108")
DESCRIPTIONS: Final = st.text("abc é小", min_size=1, max_size=9)
WORDS: Final = st.text(st.characters(exclude_characters="@<>", exclude_categories=["Cs"]), max_size=6)
"""Any words but the signs with which one service or another begins a reference."""


def _picture(number: int) -> str:
    return f"https://example.com/{number}.png"


def _clip(number: int) -> str:
    return f"https://example.com/{number}.mp4"


def _field(name: str, values: st.SearchStrategy[Any]) -> Part:
    return values.map(lambda value: {name: value})


def _words(name: str, kind: Any) -> Part:
    return _field(name, st.sampled_from(get_args(kind)))


def _minimum(model: ModelProfile, of: Measure) -> int:
    """Return the least that a model wants of a measure, whatever else it is asked."""
    return max((limit.minimum or 0 for limit in model.limits if limit.of is of), default=0)


@st.composite
def _images(draw: st.DrawFn, model: ModelProfile) -> Body:
    """Reference images, frames, and frames among reference images, in any order; no two of one address."""
    frames = {Capability.FIRST_FRAME: "first_frame", Capability.LAST_FRAME: "last_frame"}
    possible = [role for capability, role in frames.items() if capability in model.supports]
    roles = possible[: draw(st.integers(0, len(possible)))]
    if Capability.REFERENCE_IMAGES in model.supports:
        roles += ["reference"] * draw(st.integers(0 if roles else 1, 4))
    roles = draw(st.permutations(roles or ["reference"]))
    return {"images": [{"url": _picture(number), "role": role} for number, role in enumerate(roles, start=1)]}


@st.composite
def _elements(draw: st.DrawFn, model: ModelProfile) -> Body:
    """Elements of the forms that a model takes: known ones, and such as are described by pictures or by a video."""
    forms = [each for each in _FORMS if each in model.supports] or list(_FORMS)
    names = draw(st.permutations(NAMES))[: draw(st.sampled_from([1, 2, 3, 4, 7, 8]))]
    return {"elements": [draw(_FORMS[draw(st.sampled_from(forms))](name, model)) for name in names]}


def _known(name: str, model: ModelProfile) -> Part:  # noqa: ARG001 - as the other forms
    return _field("id", st.integers(0, 2**63 - 1).map(str))


@st.composite
def _described(draw: st.DrawFn, source: Body, name: str, model: ModelProfile) -> Body:
    parts = {
        "name": (st.just(name), _minimum(model, Measure.ELEMENT_NAME_CHARS) > 0),
        "description": (DESCRIPTIONS, _minimum(model, Measure.ELEMENT_DESCRIPTION_CHARS) > 0),
        "voice_id": (st.sampled_from(["829877190543323", "voice-1"]), False),
        "tags": (st.lists(st.sampled_from(TAGS), min_size=1, max_size=2), False),
    }
    needs = {"voice_id": Capability.ELEMENT_VOICES, "tags": Capability.ELEMENT_TAGS}
    given = {
        part: draw(values)
        for part, (values, is_needed) in parts.items()
        if needs.get(part, Capability.PROMPT) in model.supports and (is_needed or draw(st.booleans()))
    }
    return given | source


def _pictured(name: str, model: ModelProfile) -> Part:
    pictures = st.integers(2, 4).map(lambda count: {"images": [f"{_picture(9)}?{n}" for n in range(count)]})
    return pictures.flatmap(lambda source: _described(source, name, model))


def _filmed(name: str, model: ModelProfile) -> Part:
    return _described({"video": _clip(9)}, name, model)


_FORMS: Final[Mapping[Capability, Callable[[str, ModelProfile], Part]]] = {
    Capability.ELEMENTS_BY_ID: _known,
    Capability.IMAGE_ELEMENTS: _pictured,
    Capability.VIDEO_ELEMENTS: _filmed,
}


def _shots(model: ModelProfile) -> Part:
    shortest_s, fewest = _minimum(model, Measure.SHOT_DURATION), _minimum(model, Measure.SHOTS)
    lengths_s = st.lists(st.integers(max(1, shortest_s), max(3, shortest_s)), min_size=max(1, fewest), max_size=6)
    several = lengths_s.map(lambda lengths: [{"prompt": "a shot", "duration_s": length_s} for length_s in lengths])
    return st.fixed_dictionaries({"shots": several}, optional={"shot_split": st.just("customize")})


_VIDEO: Final = st.fixed_dictionaries(
    {"url": st.just(_clip(1)), "use": st.sampled_from(["edit", "feature"])}, optional={"keep_sound": st.booleans()}
)
_VOICES: Final = st.lists(st.sampled_from(["829877190543323", "voice-2"]), min_size=1, max_size=2).map(
    lambda names: {"sound": True, "voices": [{"id": name} for name in names]}
)
_OPTIONS: Final = st.sampled_from([
    {"camera_control": CAMERA}, {"camera_control": {"type": "down_back"}}, {"static_mask": _picture(8)},
    {"dynamic_masks": MASKS, "static_mask": _picture(8)}, {"image_fidelity": 0.25}, {"image_reference": "face"},
    {"image_reference": "subject", "human_fidelity": 1.0},
])  # fmt: skip
_OURS: Final = st.sampled_from([
    {"reference": "order-42"}, {"metadata": {"any": "thing"}}, {"provider": "auto"},
    {"webhook": {"url": "https://caller.example/hook"}}, {"provider_options": {"nobody": {"seed": 1}}},
])  # fmt: skip


@cache
def _parts(host: str, kind: Kind, name: str) -> Sequence[Part]:
    """Return what a request for a model may have, each of which it may as well not have."""
    model = provider_of(host).profile.models_of(kind)[name]
    common = (
        _images(model),
        _elements(model),
        _field("negative_prompt", WORDS.filter(str.strip)),
        _field("watermark", st.booleans()),
        _OPTIONS.map(lambda options: {"provider_options": {"klingai": options}}),
        _OURS,
    )
    if kind == "image":
        return (
            *common,
            _words("aspect_ratio", PictureAspectRatio),
            _words("resolution", Resolution),
            _field("series", st.booleans()),
            _field("count", st.integers(1, 9)),
            st.just({"series": True, "count": "auto"}),
        )
    with_sound = [{"sound": True}] if Capability.SOUND_WITH_VIDEO in model.supports else []
    return (
        *common,
        _words("aspect_ratio", AspectRatio),
        _words("mode", Mode),
        _field("duration_s", st.integers(3, 15)),
        _field("sound", st.booleans()),
        _field("cfg_scale", st.floats(0, 1)),
        st.tuples(_field("video", _VIDEO), st.sampled_from([{}, *with_sound])).map(lambda both: both[0] | both[1]),
        st.one_of(st.just({"shot_split": "intelligence"}), _shots(model), _shots(model)),
        _VOICES,
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that a provider takes by the rules of a day."""

    request: AnyRequest
    on: date


@st.composite
def taken(draw: st.DrawFn, host: str, kind: Kind, *models: str) -> Taken:
    """Any request that one of a provider's models takes (any of them, where none is named), and by the rules of which day.

    A model that takes more is asked more often. It begins with the least that it takes. Some parts, in any order, are added
    one after the other, each if the model takes it beside those before, now or at last, whole or of a list the first alone:
    so that all of them meet, and none is in the way of all others.
    """
    on = draw(st.sampled_from([SEED_DAY, SINCE_ALL]))
    profile = provider_of(host, on).profile
    known = profile.models_of(kind)
    model = draw(st.sampled_from([name for name in models or known for _ in range(len(known[name].supports) ** 2)]))

    def judged(body: Body) -> AnyRequest | None:
        request, problems, _ = read_request(kind, body)
        return None if problems or provider_problems(request, profile) else request

    body = next(body for body in (body_of(model, part) for part in CIRCUMSTANCES[kind]) if judged(body))
    parts = draw(st.permutations(_parts(host, kind, model)))
    added: set[str] = set()
    given = [draw(part) for part in parts if draw(st.booleans())]
    for part in [*given, *given, *map(_shortened, given)]:
        offered = _with(body, part)
        if not part.keys() <= added and judged(offered):
            body, added = offered, added | part.keys()
    if model == DEFAULT_MODEL and draw(st.booleans()):
        del body["model"]
    request = judged(body | _wording(draw, body, judged))
    assert request is not None
    return Taken(request, on)


def _shortened(part: Body) -> Body:
    return {name: value[:1] if isinstance(value, list) else value for name, value in part.items()}


def _with(body: Body, part: Body) -> Body:
    """Return a body with a part: shots take the place of the prompt and of how long all is, and the other way round."""
    replaced = {"prompt", "duration_s"} if "shots" in part else {"shots"} if "shot_split" in part else set()
    kept = {name: value for name, value in body.items() if name not in replaced}
    options = {**body.get("provider_options", {}), **part.get("provider_options", {})}
    spoken = {} if "shots" in {**kept, **part} else PROMPT
    return {**spoken, **kept, **part, **({"provider_options": options} if options else {})}


def _wording(draw: st.DrawFn, body: Body, judged: Callable[[Body], AnyRequest | None]) -> Body:
    """Return the prompts of a body in other words, with references to what there is, as far as the model takes them."""
    request = judged(body)
    assert request is not None
    shots = body.get("shots", [])

    def saying(*prompts: str) -> Body:
        said = [{**shot, "prompt": prompt} for shot, prompt in zip(shots, prompts, strict=False)]
        return {"shots": [*said, *shots[len(said) :]]} if shots else {"prompt": prompts[0]}

    references = [
        str(Reference(kind, number))
        for kind, count in request.referable.items()
        if count and judged(body | saying(str(Reference(kind, 1))))
        for number in range(1, count + 1)
    ]
    pieces = st.one_of(
        WORDS, *[st.sampled_from(references)] * (2 if references else 0), st.sampled_from([" ", "s", "的"])
    )
    prompts = st.lists(pieces, max_size=5).map("".join).map(lambda prompt: prompt if prompt.strip() else f"x{prompt}")
    return saying(*(draw(prompts) for _ in shots or [None]))
