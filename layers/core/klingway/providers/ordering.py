"""Images in the order in which a provider counts them, where that is not the order in which they were given."""

from collections.abc import Sequence

from klingway.domain.references import Reference, respelt
from klingway.domain.request import ImageRole, VideoRequest


def in_order_of(roles: Sequence[ImageRole], request: VideoRequest) -> VideoRequest:
    """Return a request with its images in the order of their roles; its prompts refer to the same ones as before.

    A reference to an image that is not there stays as it is.
    """
    images = request.images or []
    order = sorted(range(len(images)), key=lambda index: roles.index(images[index].role))
    if order == list(range(len(images))):
        return request
    places = {index + 1: place for place, index in enumerate(order, start=1)}

    def spelling(reference: Reference) -> str:
        is_image = reference.kind == "image" and reference.number in places
        return str(Reference("image", places[reference.number]) if is_image else reference)

    shots = [shot.model_copy(update={"prompt": respelt(shot.prompt, spelling)}) for shot in request.shots or []]
    changed = {
        "prompt": None if request.prompt is None else respelt(request.prompt, spelling),
        "shots": shots or None,
        "images": [images[index] for index in order],
    }
    return request.model_copy(update=changed)
