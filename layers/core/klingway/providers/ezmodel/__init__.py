"""EzModel, a reseller of Kling's models whose server is a fork of new-api.

Source: EzModel's page "Kling Omni Video", its pages on the status of such a task and on elements, and its published source
where these are silent; docs/providers/ezmodel.md has the list, with how sure each part is.
"""

from klingway.providers.ezmodel.profile import SWITCHES, ezmodel_profile
from klingway.providers.ezmodel.provider import EzmodelProvider
from klingway.providers.registry import ProviderParts

PARTS = ProviderParts(profile=ezmodel_profile, build=EzmodelProvider, switches=SWITCHES)
