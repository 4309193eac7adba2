"""Any request that a provider takes, said in its words and read in its dialect, is the same request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from klingway.domain.capabilities import given_capabilities
from klingway.domain.references import Reference, respelt
from klingway.domain.request import VideoRequest
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.dialects import Action
from klingway.providers.kling.element_dialect import ELEMENTS

from tests.conformance.harness import FIRST_ELEMENT_NUMBER, dialect_of, every_model, provider_of, sent
from tests.conformance.requests import Taken, taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from klingway.domain.capabilities import Capability
    from klingway.domain.request import AnyRequest, Kind
    from klingway.providers.contract import WireRequest
    from klingway.providers.dialects import Translated

MAKERS = list(dict.fromkeys((host, kind) for host, kind, _ in every_model()))
OURS: Final = frozenset({"provider", "reference", "metadata", "webhook"})
CHANCE: Final = 2
"""Of what a provider's models take, how much may be asked for by none of the requests."""
ROLES: Final = ("reference", "first_frame", "last_frame")
KEPT_NAMES: Final[Mapping[str, str]] = {"unifically": r"(?!)", "apimart": r"\w+"}
"""The names of elements that a service hears: none where prompts count them, a single word where prompts call them by it."""
IGNORED: Final[Mapping[str, frozenset[str]]] = {"apimart": frozenset({"prompt"})}
"""What a service's page wants said although it counts for nothing: a prompt beside shots."""
SILENCES: Final = frozenset({"apimart", "unifically"})
"""Services whose pages say that a video's own sound is not kept where nothing is said; the others' say nothing of it."""


def read_back(host: str, wires: Sequence[WireRequest]) -> tuple[Translated, AnyRequest]:
    """Return what a service's own dialect reads of what was sent to it, its elements as they were described there."""
    *made, wire = wires
    dialect = dialect_of(host)
    product = next(each.product for each in dialect.endpoints if (each.action, each.path) == (Action.CREATE, wire.path))
    translated = dialect.translate(product, wire.body)
    described = {
        str(number): ELEMENTS.translate(each.body).definition
        for number, each in enumerate(made, start=FIRST_ELEMENT_NUMBER)
    }
    body = dict(translated.body)
    if described:
        body["elements"] = [described.get(element.get("id"), element) for element in body["elements"]]
    request, problems, _ = read_request(translated.kind, body)
    assert [] == problems
    return translated, request


def as_read(request: AnyRequest, host: str) -> AnyRequest:
    """Return a request as a service's own page says that it is read.

    APIMart, Kling v3 Omni: "If image_urls is provided but the prompt does not contain any <<<image_N>>> reference, the system
    will automatically prepend <<<image_1>>> to the prompt."
    """
    is_urls = {image.role for image in request.images or []} == {"reference"}
    if host != "apimart" or not is_urls or request.prompt is None or "<<<image" in request.prompt:
        return request
    return request.model_copy(update={"prompt": f"<<<image_1>>>{request.prompt}"})


def heard_names(request: AnyRequest, host: str) -> list[bool]:
    """Tell of each element whether a service hears its name."""
    kept = re.compile(KEPT_NAMES.get(host, ".+"), re.DOTALL)
    return [kept.fullmatch(element.name or "") is not None for element in request.elements or []]


def normal(request: AnyRequest, host: str, heard: Sequence[bool]) -> dict[str, Any]:
    """Return a request with defaults in words, images in order of their roles, references kept off the words around them.

    Args:
        request: Which.
        host: Whose options count.
        heard: Of each element, whether its name does.
    """
    said = request.model_dump(exclude_none=True, exclude=set(OURS))
    said |= {"model": request.asked_model, "watermark": bool(request.watermark)}
    said["aspect_ratio"] = request.aspect_ratio or "16:9"
    said["provider_options"] = (request.provider_options or {}).get(host, {})
    if isinstance(request, VideoRequest):
        said |= {"mode": request.mode or "std", "sound": bool(request.sound), "duration_s": request.asked_duration_s}
        said["shot_split"] = request.shot_split or ("customize" if request.shots else None)
        if request.video is not None and host in SILENCES:
            said["video"]["keep_sound"] = bool(request.video.keep_sound)
    else:
        said |= {"resolution": request.resolution or "1k", "count": request.asked_count, "series": bool(request.series)}
    for element, is_heard in zip(said.get("elements", []), heard, strict=True):
        if not is_heard:
            element.pop("name", None)
    images = said.get("images", [])
    order = sorted(range(len(images)), key=lambda index: ROLES.index(images[index]["role"]))
    places = {index + 1: place for place, index in enumerate(order, start=1)}
    said["images"] = [images[index] for index in order]

    def spelling(reference: Reference) -> str:
        return str(Reference("image", places[reference.number]) if reference.kind == "image" else reference)

    for part in [said, *said.get("shots", [])]:
        if "prompt" in part:
            prompt = re.sub(r">>>(?=\w)", ">>> ", respelt(part["prompt"], spelling))
            part["prompt"] = re.sub(r"(?<=[A-Za-z0-9_])<<<", " <<<", prompt)
    return said


@pytest.mark.parametrize(("host", "kind"), MAKERS, ids=[" ".join(maker) for maker in MAKERS])
def test_what_is_said_to_a_provider_is_read_as_the_same_request(host: str, kind: Kind) -> None:
    """Nothing is lost on the way, nothing added but defaults; sent again, it is what was sent.

    And there was something to be lost: what the provider's models take was asked for, but for what chance left out.
    """
    asked: set[Capability] = set()

    @settings(max_examples=200, derandomize=True, deadline=None)
    @given(taken(host, kind))
    def is_the_same(found: Taken) -> None:
        provider = provider_of(host, found.on)
        meant, heard = as_read(found.request, host), heard_names(found.request, host)

        translated, back = read_back(host, sent(provider, found.request))

        assert normal(meant, host, heard) == normal(back, host, heard)
        assert [] == provider_problems(back, provider.profile)
        assert sent(provider, meant) == sent(provider, back)
        assert {warning.partition(":")[0] for warning in translated.warnings} <= IGNORED.get(host, set())
        asked.update(given_capabilities(found.request))

    is_the_same()

    models = provider_of(host).profile.models_of(kind).values()
    supported = {capability for model in models for capability in model.supports}
    assert asked <= supported
    assert len(supported - asked) <= CHANCE, supported - asked
