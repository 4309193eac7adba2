"""Bodies of requests."""

from typing import Any, Final

from klingway.domain import json_object
from klingway.domain.errors import UnsupportedMediaTypeError

_JSON: Final = "application/json"


def read_json_object(content_type: str, body: bytes) -> dict[str, Any]:
    """Read the body of a request.

    Raises:
        UnsupportedMediaTypeError: The content type is another than JSON.
        MalformedRequestError: The body is no JSON object, or says something twice.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != _JSON and not (media_type.startswith("application/") and media_type.endswith("+json")):
        said = f"here it is {media_type!r}" if media_type else "here it is missing"
        raise UnsupportedMediaTypeError(f"Send the body as 'Content-Type: {_JSON}'; {said}.")
    return json_object.read_json_object(body)
