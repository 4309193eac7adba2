"""Pictures as Kling takes them: an address, or bare Base64."""

from collections.abc import Iterator, Mapping

from klingway.domain.errors import Problem
from klingway.providers.kling.specification import SPECIFICATION


def problems_of_pictures(given: Mapping[str, str | None]) -> Iterator[Problem]:
    """Yield which pictures, by their places, come in Base64 with a prefix ("do not add any prefixes")."""
    for place, picture in given.items():
        if picture is not None and picture[:5].lower() == "data:":
            message = f"{place} must be an address or Base64 without a prefix such as data:image/png;base64,."
            yield Problem(field=place, code="wrong_form", message=message, source=SPECIFICATION)
