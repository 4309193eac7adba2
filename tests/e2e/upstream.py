"""What tests have of the providers' own side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from local.simulators.server import Simulator
    from local.twin import Twin

IMAGES = {"frontal_image": "https://example.com/1.png", "refer_images": [{"image_url": "https://example.com/2.png"}]}


def made_element(simulator: Simulator, key: str, before: str = "") -> int:
    """Make an element in the gateway's account at a provider, as its owner would by himself, and return its number.

    `before` is what the provider has before Kling's own paths.
    """
    body = {
        "element_name": "own",
        "element_description": "made by hand",
        "reference_type": "image_refer",
        "element_image_list": IMAGES,
    }
    with httpx.Client(base_url=simulator.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as http:  # noqa: TID251
        path = f"{before}/v1/general/advanced-custom-elements"
        task_id = http.post(path, json=body).json()["data"]["task_id"]

        def elements() -> list[dict[str, Any]]:
            said = http.get(f"{path}/{task_id}").json()["data"]
            found: list[dict[str, Any]] = said.get("task_result", {}).get("elements", [])
            return found

        wait_until(lambda: bool(elements()), 10, "the element")
        (element,) = elements()
    return int(element["element_id"])


def creates_with(twin: Twin, prompt: str) -> list[dict[str, Any]]:
    """Return the calls that carried a prompt to any provider, refused ones too."""
    return [
        call
        for simulator in twin.simulators.values()
        for call in simulator.requests()
        if call["method"] == "POST" and prompt in _prompts(call["body"])
    ]


def task_with(twin: Twin, prompt: str) -> dict[str, Any]:
    """Return the only task of a prompt at any provider."""
    (task,) = [
        task for simulator in twin.simulators.values() for task in simulator.tasks() if prompt in _prompts(task["body"])
    ]
    return task


def _prompts(body: Any) -> list[str]:
    if not isinstance(body, dict):
        return []
    return [owner["prompt"] for owner in (body, body.get("input") or {}) if "prompt" in owner]
