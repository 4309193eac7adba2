"""What EzModel takes beyond the canonical request: `provider_options.ezmodel`."""

from typing import Final

from klingway.providers.wire import Said

KLING_REFERENCES: Final = "kling_references"
"""Prompts refer as Kling's own do, `<<<image_1>>>`, and not as EzModel's page says, `@image_1`: its server rewrites neither.

A switch for all requests, and an option of one.
"""


class SpellingOptions(Said):
    """How prompts refer."""

    kling_references: bool | None = None
    """As the switch says, where nothing is said."""
