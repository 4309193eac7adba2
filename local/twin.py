"""The twin ready for use: Klingway's own stack, a simulator for each provider, their credentials, and a tenant with a key.

`local.cloud` runs any template; this module knows Klingway. By convention a provider `name` has the parameter
`{Name}BaseUrl` and the output `{Name}SecretArn`, and its simulator is built by an entry of `SIMULATORS`.
"""

from __future__ import annotations

import importlib
import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.bootstrap import now
from klingway.domain.callers import EVERY_SCOPE
from klingway.domain.keys import Keyring
from klingway.providers import registry
from klingway.use_cases.manage_keys import IssuedKey, ManageKeys

from local.cloud import LocalCloud

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from klingway.domain.callers import Scope
    from klingway.domain.ids import ProviderName

    from local.simulators.server import Simulator

TEMPLATE: Final = Path(__file__).resolve().parents[1] / "template.yaml"
TENANT: Final = "demo"
SIMULATED_S: Final = 3.0
_API_KEY: Final = "simulated-{}-api-key"


def _simulated_klingai(api_key: str, generation_s: float) -> Simulator:
    module = importlib.import_module("local.simulators.klingai")
    simulator: Simulator = module.KlingaiSimulator(api_keys=[api_key], access_keys={}, generation_s=generation_s)
    return simulator


def _simulated_apimart(api_key: str, generation_s: float) -> Simulator:
    module = importlib.import_module("local.simulators.apimart")
    simulator: Simulator = module.ApimartSimulator(api_keys=[api_key], generation_s=generation_s)
    return simulator


def _simulated_ezmodel(api_key: str, generation_s: float) -> Simulator:
    module = importlib.import_module("local.simulators.ezmodel")
    simulator: Simulator = module.EzmodelSimulator(api_keys=[api_key], generation_s=generation_s)
    return simulator


def _simulated_unifically(api_key: str, generation_s: float) -> Simulator:
    module = importlib.import_module("local.simulators.unifically")
    simulator: Simulator = module.UnificallySimulator(api_keys=[api_key], generation_s=generation_s)
    return simulator


SIMULATORS: Final[Mapping[str, Callable[[str, float], Simulator]]] = {
    "apimart": _simulated_apimart,
    "ezmodel": _simulated_ezmodel,
    "klingai": _simulated_klingai,
    "unifically": _simulated_unifically,
}
"""How each provider's simulator is built from the API key that it takes and a generation's seconds; a test holds it complete."""


class UnknownProviderError(ValueError):
    """An upstream was named that no provider is."""


class Twin:
    """Klingway on this machine; a context manager.

    Args:
        port: The gateway's port; 0 takes a free one.
        upstreams: By provider, the base URL that replaces its simulator.
        webhook_origins: Origins on this machine to which webhooks may go; any public one may anyway.
        simulated_s: How long a simulated generation takes; checks are scheduled by it too, whatever the upstream.
        log: Gets `(source, line)` from any thread.
        schedules: Whether the poller runs by the clock; by hand it always does.
        log_level: What the functions log.

    Attributes:
        cloud: The stack.
        simulators: Those running, by provider.
        upstreams: Every provider's base URL.
        key: A key of the tenant `demo`.

    Raises:
        UnknownProviderError: An upstream is of no provider.
    """

    key: IssuedKey

    def __init__(
        self,
        *,
        port: int = 0,
        upstreams: Mapping[str, str] | None = None,
        webhook_origins: Sequence[str] = (),
        simulated_s: float = SIMULATED_S,
        log: Callable[[str, str], None] | None = None,
        schedules: bool = True,
        log_level: str = "INFO",
    ) -> None:
        given = {name: url.rstrip("/") for name, url in (upstreams or {}).items()}
        if unknown := sorted(set(given) - set(registry.names())):
            raise UnknownProviderError(f"There is no provider {unknown[0]!r}; known: {', '.join(registry.names())}.")
        self._webhook_origins = tuple(webhook_origins)
        self._simulated_s = simulated_s
        self._log_level = log_level
        self.simulators: dict[str, Simulator] = {
            name: SIMULATORS[name](_API_KEY.format(name), simulated_s) for name in registry.names() if name not in given
        }
        self._given = given
        self.upstreams: dict[str, str] = {}
        self.cloud = LocalCloud(TEMPLATE, parameters=self._parameters, http_port=port, log=log, schedules=schedules)
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Start, and return itself."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.close()

    def start(self) -> None:
        """Bring everything up; nothing is left behind if that fails.

        Raises:
            Exception: What `LocalCloud.start` raises.
        """
        try:
            for simulator in self.simulators.values():
                self._running.enter_context(simulator)
            self.upstreams = {name: self._given.get(name) or self.simulators[name].url for name in registry.names()}
            self._running.enter_context(self.cloud)
            for name in registry.names():
                self.set_credential(name, {"api_key": _API_KEY.format(name)})
            self.key = self.issue_key(TENANT)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop everything; may be called twice."""
        self._running.close()

    def set_credential(self, provider: str, credential: Mapping[str, str]) -> None:
        """Put a provider's credential into its secret; running functions see it once they read it anew."""
        self.cloud.client("secretsmanager").put_secret_value(
            SecretId=self.cloud.outputs[secret_output(provider)], SecretString=json.dumps(dict(credential))
        )

    def issue_key(
        self, tenant: str, *, scopes: frozenset[Scope] = EVERY_SCOPE, route: Sequence[ProviderName] = ()
    ) -> IssuedKey:
        """Make a key for a tenant, which comes to be if it is new."""
        return self.keys().issue(tenant, scopes=scopes, route=route)

    def keys(self) -> ManageKeys:
        """Return what makes, rotates and revokes keys."""
        outputs = self.cloud.outputs
        said = self.cloud.client("secretsmanager").get_secret_value(SecretId=outputs["MasterSecretArn"])
        keyring = Keyring.of(json.loads(said["SecretString"]))
        register = DynamoDbKeys(self.cloud.client("dynamodb"), outputs["TableName"])
        return ManageKeys(register=register, keyring=lambda: keyring, now=now)

    def ready_line(self) -> dict[str, Any]:
        """Return what `klingway serve` says once all is up."""
        outputs = self.cloud.outputs
        return {
            "ready": True,
            "url": self.cloud.url,
            "api_key": self.key.api_key,
            "access_key": self.key.access_key,
            "secret_key": self.key.secret_key,
            "aws_endpoint": self.cloud.aws_endpoint,
            "region": self.cloud.region,
            "bucket": outputs["BucketName"],
            "table": outputs["TableName"],
            "event_bus": outputs["EventBusName"],
            "upstreams": dict(self.upstreams),
        }

    def _parameters(self, url: str) -> dict[str, str]:
        origins = dict.fromkeys(_origin(upstream) for upstream in self.upstreams.values())
        return {
            "PublicBaseUrl": url,
            "TrustedMediaOrigins": ",".join(origins),
            "TrustedWebhookOrigins": ",".join(dict.fromkeys(map(_origin, self._webhook_origins))),
            "TriggerTenant": TENANT,
            "ExpectedSeconds": f"{self._simulated_s:.3f}",
            "LogLevel": self._log_level,
            **{base_url_parameter(name): upstream for name, upstream in self.upstreams.items()},
        }


def base_url_parameter(provider: str) -> str:
    """Return the template's parameter of a provider's address."""
    return f"{provider.capitalize()}BaseUrl"


def secret_output(provider: str) -> str:
    """Return the template's output with the ARN of a provider's secret."""
    return f"{provider.capitalize()}SecretArn"


def providers() -> tuple[ProviderName, ...]:
    """Return the names of all providers."""
    return registry.names()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
