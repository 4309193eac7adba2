"""KlingAI, Kuaishou's own API.

Source: Kling's API specification of 2026-02-10 ("KlingAI Series 3.0 Model API Specification") and what Kling published
since, by date; docs/providers/klingai.md has the list.
"""

from klingway.providers.klingai.profile import klingai_profile
from klingway.providers.klingai.provider import KlingaiProvider
from klingway.providers.registry import ProviderParts

PARTS = ProviderParts(
    profile=klingai_profile, build=KlingaiProvider, credential_parts=("api_key", "access_key", "secret_key")
)
