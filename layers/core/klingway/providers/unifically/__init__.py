"""Unifically, a reseller of Kling's models.

Source: Unifically's page "Kling v3.0 Omni", its pages on tasks, callbacks and errors, and clients that are known to work;
docs/providers/unifically.md has the list, with how sure each part is.
"""

from klingway.providers.registry import ProviderParts
from klingway.providers.unifically.profile import SWITCHES, unifically_profile
from klingway.providers.unifically.provider import UnificallyProvider

PARTS = ProviderParts(profile=unifically_profile, build=UnificallyProvider, switches=SWITCHES)
