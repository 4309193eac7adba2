"""The documented examples of incoming events, and of their rejection."""

import json
import re
from pathlib import Path
from typing import Any

from klingway.domain.errors import InvalidRequestError, Problem
from klingway.domain.ids import Tenant
from klingway.domain.video_requested import read_video_requested, rejected_detail

PAGE = (Path(__file__).parents[2] / "docs" / "events" / "incoming.md").read_text(encoding="utf-8")


def example(heading: str) -> dict[str, Any]:
    """Return the JSON example of a chapter."""
    chapter = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", chapter, re.DOTALL)[0])
    return found


def test_the_documented_event_is_taken() -> None:
    """The page's `Video Requested` has every field there is, each as it is read."""
    said = example("`Video Requested`")

    assert said == read_video_requested(said).model_dump()


def test_the_documented_rejection_is_the_one_that_is_sent() -> None:
    """The page's `Video Request Rejected`, and the error file of the inbox, have the form of the real ones."""
    said = example("`Video Request Rejected`")
    problem = Problem(**said["problems"][0])
    error = InvalidRequestError("The request has 1 problem; nothing was accepted.", [problem])

    detail = {"correlation_id": "order-42"}
    assert said == rejected_detail(error, event_id=said["request_event_id"], detail=detail, tenant=Tenant("default"))
    assert example("A file in the inbox") == error.to_json()
