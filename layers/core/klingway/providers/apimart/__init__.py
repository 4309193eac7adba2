"""APIMart, a reseller of Kling's models.

Source: APIMart's pages "Kling v3" and "Kling v3 Omni", and what is known of its answers besides; docs/providers/apimart.md
has the list, with how sure each part is.
"""

from klingway.providers.apimart.profile import apimart_profile
from klingway.providers.apimart.provider import ApimartProvider
from klingway.providers.registry import ProviderParts

PARTS = ProviderParts(profile=apimart_profile, build=ApimartProvider)
