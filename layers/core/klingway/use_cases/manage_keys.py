"""Give a tenant its keys."""

import re
import secrets
from dataclasses import dataclass
from typing import Final

from klingway.domain.ids import Tenant
from klingway.domain.keys import ApiKey, Keyring
from klingway.use_cases.ports import KeyStore

_KEY_ID_CHARS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_KEY_ID_LENGTH: Final = 12
_TENANT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as its owner gets it; `repr` shows nothing secret."""

    key: ApiKey
    api_key: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"IssuedKey(key_id={self.key.key_id!r}, tenant={self.key.tenant!r})"


def check_tenant(name: str) -> None:
    """Check that a name can be a tenant's, which stands in keys of the table and of the bucket.

    Raises:
        ValueError: It cannot.
    """
    if not _TENANT_NAME.fullmatch(name):
        raise ValueError(
            f"a tenant's name is 1 to 40 lower-case letters, digits and hyphens, no hyphen first; here it is {name[:60]!r}"
        )


def issue_key(keys: KeyStore, keyring: Keyring, tenant: Tenant) -> IssuedKey:
    """Make a key for a tenant, which comes to be if it is new.

    Raises:
        ValueError: The name cannot be a tenant's.
    """
    check_tenant(tenant)
    key = ApiKey("".join(secrets.choice(_KEY_ID_CHARS) for _ in range(_KEY_ID_LENGTH)), tenant)
    keys.add(key)
    access_key, secret_key = keyring.access_pair(key)
    return IssuedKey(key, keyring.api_key(key), access_key, secret_key)
