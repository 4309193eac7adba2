"""KlingAI's own API, spoken to callers.

Source: Kling's API specification of 2026-02-10 ("KlingAI Series 3.0 Model API Specification"), its error table and its callback
protocol; where these are silent, what clients known to work expect.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from klingway.domain.errors import GatewayError
from klingway.providers.dialects import Action, ElementDialect, Endpoint, ListDialect, Part, Said, ShownJob, Translated
from klingway.providers.kling import answers
from klingway.providers.kling.element_dialect import ELEMENTS
from klingway.providers.kling.lists import part_of
from klingway.providers.klingai import image_translation, video_translation
from klingway.providers.klingai.refusals import refusal

LINK_LIFE_S: Final = 30 * 86_400
"""`generated images/videos will be cleared after 30 days`."""

_OMNI_IMAGE: Final = "omni-image"
_VIDEOS: Final[Mapping[str, Callable[[Mapping[str, Any]], Translated]]] = {
    "omni-video": video_translation.omni_video,
    "text2video": video_translation.text_to_video,
    "image2video": video_translation.image_to_video,
}
_IMAGES: Final[Mapping[str, Callable[[Mapping[str, Any]], Translated]]] = {
    _OMNI_IMAGE: image_translation.omni_image,
    "generations": image_translation.generations,
}
_FAMILIES: Final = {"videos": _VIDEOS, "images": _IMAGES}
_TRANSLATIONS: Final = {product: read for family in _FAMILIES.values() for product, read in family.items()}


_ELEMENT: Final = "element"
_CUSTOM: Final = "/v1/general/advanced-custom-elements"
_OF_ELEMENTS: Final = (
    Endpoint("POST", _CUSTOM, Action.CREATE_ELEMENT, _ELEMENT),
    Endpoint("GET", f"{_CUSTOM}/{{id}}", Action.READ_ELEMENT, _ELEMENT),
    Endpoint("GET", _CUSTOM, Action.LIST_ELEMENTS, _ELEMENT),
    Endpoint("GET", "/v1/general/advanced-presets-elements", Action.LIST_PRESETS, _ELEMENT),
    # Kling's pages name the one or the other; on the live service both delete.
    Endpoint("POST", "/v1/general/delete-elements", Action.DELETE_ELEMENT, _ELEMENT),
    Endpoint("POST", "/v1/general/delete-advanced-elements", Action.DELETE_ELEMENT, _ELEMENT),
)


def _endpoints() -> tuple[Endpoint, ...]:
    paths = [(f"/v1/{family}/{product}", product) for family, products in _FAMILIES.items() for product in products]
    return tuple(
        endpoint
        for path, product in paths
        for endpoint in (
            Endpoint("POST", path, Action.CREATE, product),
            Endpoint("GET", f"{path}/{{id}}", Action.READ, product),
            Endpoint("GET", path, Action.LIST, product),
        )
    )


class KlingaiDialect:
    """See `dialects.Dialect`."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """Create, query and list of each product; the element family."""
        return _ENDPOINTS

    @property
    def link_life_s(self) -> int:
        """How long Kling keeps results."""
        return LINK_LIFE_S

    @property
    def takes_signed_tokens(self) -> bool:
        """Kling's clients sign a JWT with an access/secret pair, or send an API key."""
        return True

    @property
    def elements(self) -> ElementDialect | None:
        """Kling's registry of elements."""
        return ELEMENTS

    @property
    def lists(self) -> ListDialect | None:
        """A list of each product."""
        return _LISTS

    def translate(self, product: str, body: Mapping[str, Any]) -> Translated:
        """Read a create of a product.

        Raises:
            InvalidRequestError: With every problem, each at the caller's own place.
        """
        return _TRANSLATIONS[product](body)

    def accepted(self, shown: ShownJob) -> Said:
        """Answer a create."""
        return answers.enveloped(answers.created_task(shown.job), request_id=shown.job.id)

    def show(self, endpoint: Endpoint, shown: ShownJob) -> Said:  # noqa: ARG002 - a job knows its product
        """Answer a query of one task."""
        return answers.enveloped(_task(shown), request_id=shown.job.id)

    def refusal(self, error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:
        """Say any error: an envelope with a code of Kling's table."""
        return refusal(error, endpoint=endpoint, request_id=request_id)

    def callback(self, shown: ShownJob) -> Mapping[str, Any]:
        """Return the task, without the envelope."""
        return _task(shown)


class _KlingaiLists:
    """See `dialects.ListDialect`."""

    def part(self, query: Mapping[str, str]) -> Part:
        """Read `pageNum` and `pageSize`.

        Raises:
            InvalidRequestError: One of them cannot be read.
        """
        return part_of(query)

    def show_many(self, shown: Sequence[ShownJob]) -> Said:
        """Answer a list: the tasks alone, without a total or a cursor."""
        return answers.enveloped([_task(each) for each in shown], request_id="")


def _task(shown: ShownJob) -> dict[str, Any]:
    """Return a task; omni-image alone tells a series from tries of one picture."""
    origin = shown.job.origin
    is_omni = origin is not None and origin.product == _OMNI_IMAGE
    return answers.task(shown, in_series=bool(shown.request.get("series")) if is_omni else None)


_LISTS: Final = _KlingaiLists()
_ENDPOINTS: Final = (*_endpoints(), *_OF_ELEMENTS)

DIALECT: Final = KlingaiDialect()
