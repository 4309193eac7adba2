"""The gateway's own time on a warm submission, against an upstream that answers at once."""

import statistics
from dataclasses import dataclass
from typing import Final

import httpx

from local.twin import Twin

WARM_UP: Final = 20
REQUESTS: Final = 200


@dataclass(frozen=True, slots=True)
class Warm:
    """The handler's time less the provider's, in milliseconds."""

    p50_ms: float
    p95_ms: float
    provider_p50_ms: float
    aws_p50_ms: float
    """The part of it that the simulated AWS took."""


def measure(twin: Twin) -> Warm:
    """Submit one job after the other, and read what `Server-Timing` says of each."""
    headers = {"Authorization": f"Bearer {twin.key.api_key}"}
    gateway_ms: list[float] = []
    provider_ms: list[float] = []
    aws_ms: list[float] = []
    with httpx.Client(base_url=twin.cloud.url, headers=headers, timeout=30) as client:  # noqa: TID251 - to the twin
        for index in range(WARM_UP + REQUESTS):
            body = {"prompt": f"fox {index} [sim:silent]", "duration_s": 3, "provider": "klingai"}
            answer = client.post("/v1/videos", json=body)
            answer.raise_for_status()
            if index >= WARM_UP:
                parts = dict(part.strip().split(";dur=") for part in answer.headers["Server-Timing"].split(","))
                gateway_ms.append(float(parts["gateway"]))
                provider_ms.append(float(parts["provider"]))
                aws_ms.append(float(parts["aws"]))
    return Warm(
        statistics.median(gateway_ms),
        _percentile(gateway_ms, 95),
        statistics.median(provider_ms),
        statistics.median(aws_ms),
    )


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
