"""What tests have of the providers' own side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from local.simulators.server import Simulator

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
