"""An element as its caller sees it."""

from typing import Any, Final

from klingway.domain.elements import ElementState, KeptElement
from klingway.domain.ids import iso
from klingway.domain.views import error_to_json

_SHOWN_AS: Final = {ElementState.SUBMITTING: "making", ElementState.RUNNING: "making"}


def element_to_json(element: KeptElement) -> dict[str, Any]:
    """Return an element that its caller holds: `state` is wanted, making, ready or failed."""
    return {
        "id": element.id,
        "number": element.element_number,
        "state": _SHOWN_AS.get(element.state, element.state.value),
        "definition": dict(element.definition),
        "provider": element.provider,
        "created_at": iso(element.created_at),
        "error": error_to_json(element.error),
    }
