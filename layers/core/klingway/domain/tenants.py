"""Tenants: whose jobs, elements and keys are kept apart."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from klingway.domain.ids import Tenant

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class KnownTenant:
    """What the table knows of a tenant."""

    name: Tenant
    created_at: datetime | None = None
    """Unknown of the first that there were."""


def check_tenant(name: str) -> None:
    """Check that a name can be a tenant's, which stands in keys of the table and of the bucket.

    Raises:
        ValueError: It cannot.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"a tenant's name is 1 to 40 lower-case letters, digits and hyphens, no hyphen first; here it is {name[:60]!r}"
        )
