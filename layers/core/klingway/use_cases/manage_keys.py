"""Look after tenants and their keys: what `klingway tenants` and `klingway keys` do."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from klingway.domain.callers import EVERY_SCOPE, Scope
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.keys import ApiKey, Keyring
from klingway.domain.tenants import check_tenant
from klingway.use_cases.ports import KeyChangedError, KeyRegister, Now

MAX_GRACE: Final = timedelta(hours=24)
MAX_LABEL_CHARS: Final = 100
_KEY_ID_CHARS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_KEY_ID_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as its owner gets it; `repr` shows nothing secret."""

    key: ApiKey
    api_key: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"IssuedKey(key_id={self.key.key_id!r}, tenant={self.key.tenant!r})"


class NoSuchKeyError(ValueError):
    """There is no key of this id."""


class NoSuchTenantError(ValueError):
    """There is no tenant of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageKeys:
    """Makes, rotates and revokes keys. No secret is stored: each is derived again when it has to be proved."""

    register: KeyRegister
    keyring: Callable[[], Keyring]
    now: Now

    def create_tenant(self, name: str) -> None:
        """Make a tenant; one that is there stays as it is.

        Raises:
            ValueError: The name cannot be a tenant's.
        """
        check_tenant(name)
        self.register.add_tenant(Tenant(name), self.now())

    def expect_tenant(self, name: str) -> None:
        """Make sure that there is a tenant: a slip of the pen is not to make another one.

        Raises:
            NoSuchTenantError: There is none of this name.
        """
        if self.register.tenant(Tenant(name)) is None:
            raise NoSuchTenantError(f"there is no tenant {name[:60]!r}; 'klingway tenants create' makes one")

    def issue(
        self,
        tenant: str,
        *,
        scopes: frozenset[Scope] = EVERY_SCOPE,
        route: Sequence[ProviderName] = (),
        per_minute: int | None = None,
        label: str = "",
    ) -> IssuedKey:
        """Make a key for a tenant, which comes to be if it is new.

        Args:
            tenant: Whose key it is.
            scopes: What it opens.
            route: Who does a request that names no provider, in order; whoever the gateway chooses where it is empty.
            per_minute: How often it may ask for something in a minute; None: as often as it likes.
            label: What its owner calls it.

        Raises:
            ValueError: The name cannot be a tenant's, the key would open nothing, or the label is too long.
        """
        check_tenant(tenant)
        if not scopes:
            raise ValueError(f"a key needs a scope: {', '.join(Scope)}")
        if len(label) > MAX_LABEL_CHARS or not label.isprintable():
            raise ValueError(f"a label is at most {MAX_LABEL_CHARS} characters that can be printed")
        key = ApiKey(
            "".join(secrets.choice(_KEY_ID_CHARS) for _ in range(_KEY_ID_LENGTH)),
            tenant,
            scopes=scopes,
            route=tuple(dict.fromkeys(route)),
            per_minute=per_minute,
            label=label,
            created_at=self.now().replace(microsecond=0),
        )
        self.register.add(key)
        return self._issued(key)

    def rotate(self, key_id: str, *, grace: timedelta) -> IssuedKey:
        """Give a key new secrets; those before are good for a while yet, those before these are not any more.

        Raises:
            NoSuchKeyError: There is no such key.
            KeyChangedError: It is revoked, or was changed in the meantime.
            ValueError: The while is too long.
        """
        if not timedelta(0) <= grace <= MAX_GRACE:
            raise ValueError(f"old secrets can stay good for 0 to {MAX_GRACE // timedelta(hours=1)} hours")
        key = self._known(key_id)
        if not key.enabled:
            raise KeyChangedError(key_id)
        return self._issued(self.register.rotate(key, self.now() + grace))

    def revoke(self, key_id: str) -> ApiKey:
        """Make a key worthless for good; functions that run know it within a minute. Return it.

        Raises:
            NoSuchKeyError: There is no such key.
        """
        return self.register.revoke(self._known(key_id))

    def _known(self, key_id: str) -> ApiKey:
        key = self.register.read_key(key_id)
        if key is None:
            raise NoSuchKeyError(f"there is no key {key_id[:60]!r}; 'klingway keys list' shows a tenant's")
        return key

    def _issued(self, key: ApiKey) -> IssuedKey:
        keyring = self.keyring()
        access_key, secret_key = keyring.access_pair(key)
        return IssuedKey(key, keyring.api_key(key), access_key, secret_key)
