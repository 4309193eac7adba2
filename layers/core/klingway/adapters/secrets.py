"""Secrets from Secrets Manager, kept in memory for some minutes."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from klingway.providers.contract import Credentials

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_S: Final = 300
_LEAST_KEPT_S: Final = 10
"""So often at most is a secret read anew on demand: whoever sends wrong tokens must not run up the bill."""


class Secret:
    """One secret whose value is a JSON object of texts; `repr` shows nothing of it."""

    def __init__(
        self, client: "SecretsManagerClient", arn: str, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._arn = arn
        self._monotonic_s = monotonic_s
        self._kept: tuple[float, dict[str, str]] | None = None

    def read(self, *, fresh: bool = False) -> dict[str, str]:
        """Return the secret's value; `fresh` asks Secrets Manager again, unless it was asked some seconds ago."""
        longest_s = _LEAST_KEPT_S if fresh else KEPT_S
        if self._kept is None or self._monotonic_s() - self._kept[0] > longest_s:
            text = self._client.get_secret_value(SecretId=self._arn)["SecretString"]
            self._kept = (self._monotonic_s(), json.loads(text))
        return self._kept[1]


class SecretCredentials:
    """A provider's credentials in a secret: `{"api_key"}` or `{"access_key", "secret_key"}`, perhaps with `account`."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def get(self, *, fresh: bool = False) -> Credentials | None:
        """Return the credentials, None where none were set; `fresh` asks Secrets Manager again."""
        values = self._secret.read(fresh=fresh)
        return Credentials(values) if values else None
