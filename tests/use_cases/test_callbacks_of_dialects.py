"""Callbacks in a dialect: the end of a job told at the `callback_url` of its request, in that service's own words."""

import json
from typing import Any

import pytest
from klingway.domain.deliveries import JOB_FAILED, JOB_SUCCEEDED, DeliveryState, Target
from klingway.domain.ids import ProviderName
from klingway.domain.job import Job, JobError, Origin
from klingway.domain.keys import Keyring
from klingway.providers.contract import Failed
from klingway.use_cases.ports import Posted
from standardwebhooks import Webhook

from tests.use_cases.conftest import SUCCESS, Gateway

URL = "https://shop.example/kling/callback"
TARGET = Target("callback", URL, (JOB_SUCCEEDED, JOB_FAILED))
ORIGIN = Origin(dialect=ProviderName("klingai"), product="omni-video", external_id="order-42")
REFUSED = Failed(error=JobError(code="moderation_refused", message="not this", retryable=False))


@pytest.fixture
def job(gateway: Gateway) -> Job:
    """A job that was asked for in a dialect, with a callback address."""
    return gateway.submit(targets=[TARGET], origin=ORIGIN)


def posted(gateway: Gateway) -> tuple[str, dict[str, Any], dict[str, str]]:
    ((url, body, headers),) = gateway.receiver.posts
    return url, json.loads(body), dict(headers)


def test_a_success_is_told_in_the_dialects_words_with_links(gateway: Gateway, job: Job) -> None:
    """What the dialect says is posted as it is; its links need no key and live as long as the dialect promises."""
    gateway.end(job, SUCCESS)
    gateway.try_delivery()

    url, said, _ = posted(gateway)
    assert (URL, job.id, "succeeded", {"prompt": "a fox", "duration_s": 5}) == (
        url, said["id"], said["state"], said["asked"],
    )  # fmt: skip
    assert {"video.mp4", "job.json"} == set(said["links"])
    ends_at = int(gateway.clock().timestamp()) + 3600
    assert said["links"]["video.mp4"].startswith(
        f"https://gateway.example/v1/media/{job.id}/video.mp4?exp={ends_at}&sig="
    )


def test_a_failure_is_told_as_well(gateway: Gateway, job: Job) -> None:
    """A caller who waits for a callback hears of every end."""
    gateway.end(job, REFUSED)
    gateway.try_delivery()

    assert "failed" == posted(gateway)[1]["state"]


def test_it_is_signed_as_webhooks_are(gateway: Gateway, job: Job) -> None:
    """Whoever has the tenant's secret can tell that it is ours: Kling signs its own in the same way."""
    gateway.keyring = Keyring(["master"])
    gateway.end(job, SUCCESS)
    gateway.try_delivery()

    ((_, body, headers),) = gateway.receiver.posts
    webhook = Webhook(gateway.keyring.webhook_secret("acme"))
    signed = dict(headers)
    signature = webhook.sign(signed["webhook-id"], gateway.clock(), body.decode())
    assert signature in signed["webhook-signature"].split(" ")


def test_a_receiver_that_fails_is_tried_again_with_fresh_links(gateway: Gateway, job: Job) -> None:
    """Links of the first try would be older at the second one."""
    gateway.receiver.answers = [Posted(500, None), Posted(200, None)]
    gateway.end(job, SUCCESS)
    gateway.try_delivery()
    gateway.try_delivery()

    first, second = (json.loads(body)["links"]["video.mp4"] for _, body, _ in gateway.receiver.posts)
    assert first != second
    (delivery,) = gateway.deliveries.of(job.id)
    assert (DeliveryState.DELIVERED, "callback", URL) == (delivery.state, delivery.kind, delivery.address)


def test_a_dialect_that_calls_nobody_ends_the_delivery(gateway: Gateway, job: Job) -> None:
    """Nothing is posted and nothing tried again: another try would end the same."""
    gateway.dialect.calls_back = False
    gateway.end(job, SUCCESS)
    gateway.try_delivery()

    (delivery,) = gateway.deliveries.of(job.id)
    assert ([], DeliveryState.FAILED) == (gateway.receiver.posts, delivery.state)
