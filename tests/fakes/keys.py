"""Tenants and their keys in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from klingway.domain.ids import Tenant
from klingway.domain.tenants import KnownTenant
from klingway.use_cases.ports import KeyChangedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from klingway.domain.keys import ApiKey


class InMemoryKeys:
    """Behaves as the table does; nothing that is read is kept."""

    def __init__(self, *keys: ApiKey) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._tenants: dict[Tenant, KnownTenant] = {}
        self.read: list[str] = []
        for key in keys:
            self.add(key)

    def get_key(self, key_id: str) -> ApiKey | None:
        self.read.append(key_id)
        return self._keys.get(key_id)

    def fresh_key(self, key_id: str) -> ApiKey | None:
        return self.get_key(key_id)

    def read_key(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    def add(self, key: ApiKey) -> None:
        self._keys[key.key_id] = key
        self._tenants.setdefault(Tenant(key.tenant), KnownTenant(Tenant(key.tenant), key.created_at))

    def add_tenant(self, tenant: Tenant, at: datetime) -> None:
        self._tenants.setdefault(tenant, KnownTenant(tenant, at))

    def tenant(self, name: Tenant) -> KnownTenant | None:
        return self._tenants.get(name)

    def tenants(self) -> Sequence[KnownTenant]:
        return [self._tenants[name] for name in sorted(self._tenants)]

    def keys_of(self, tenant: Tenant) -> Sequence[ApiKey]:
        return [key for key in self._keys.values() if key.tenant == tenant]

    def revoke(self, key: ApiKey) -> ApiKey:
        return self._changed(replace(self._keys[key.key_id], enabled=False))

    def rotate(self, key: ApiKey, previous_until: datetime) -> ApiKey:
        known = self._keys[key.key_id]
        if known.version != key.version or not known.enabled:
            raise KeyChangedError(key.key_id)
        return self._changed(replace(known, version=known.version + 1, previous_until=previous_until))

    def _changed(self, key: ApiKey) -> ApiKey:
        self._keys[key.key_id] = key
        return key
