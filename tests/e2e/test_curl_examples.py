"""The documents' own commands, run as they are written: with nothing but the base URL and the key changed, they end in a film.

EzModel's and Unifically's pages have commands, four each. KlingAI's and APIMart's have bodies alone, of which one
for each endpoint and model is sent in the same way.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.e2e.caller import all_at_once, opened, seconds_of
from tests.e2e.examples import EXAMPLES
from tests.e2e.services import KLINGAI, SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    import httpx

    from local.twin import Twin
    from tests.e2e.examples import Example
    from tests.e2e.services import Client

# EzModel, Kling Omni Video: "Code Examples". The key is a variable of the shell there.
EZMODEL: Final = {
    "Basic Usage - Text to Video": r"""
curl https://api.ezmodel.cloud/kling/v1/videos/omni-video \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $YOUR_API_KEY" \
-d '{
"model": "kling-v3-omni",
"prompt": "A fox running through a sunlit forest with dappled light filtering through the leaves",
"duration": "10",
"aspect_ratio": "16:9",
"sound": "on"
}'""",
    "Image to Video - First/End Frame Mode": r"""
curl https://api.ezmodel.cloud/kling/v1/videos/omni-video \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $YOUR_API_KEY" \
-d '{
"model": "kling-v3-omni",
"prompt": "The character slowly sits down from a standing position",
"image_list": [
{"image_url": "https://example.com/start.jpg", "type": "first_frame"},
{"image_url": "https://example.com/end.jpg", "type": "end_frame"}
],
"duration": "5"
}'""",
    "V3 Multi-shot Narrative": r"""
curl https://api.ezmodel.cloud/kling/v1/videos/omni-video \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $YOUR_API_KEY" \
-d '{
"model": "kling-v3-omni",
"multi_prompt": [
{"prompt": "A girl pushes open the door of a coffee shop and walks in, camera follows", "duration": "4"},
{"prompt": "The girl sits by the window, opens her laptop, close-up shot", "duration": "4"},
{"prompt": "Rain starts falling outside, the girl smiles and looks out the window, medium shot", "duration": "5"}
],
"aspect_ratio": "16:9",
"mode": "pro",
"sound": "on"
}'""",
    "V3 Video Editing (refer_type=base)": r"""
curl https://api.ezmodel.cloud/kling/v1/videos/omni-video \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $YOUR_API_KEY" \
-d '{
"model": "kling-v3-omni",
"prompt": "Replace the background with a snowy mountain landscape",
"video_list": [
{
"video_url": "https://example.com/original.mp4",
"refer_type": "base",
"keep_original_sound": "yes"
}
]
}'""",
}

# Unifically, Kling v3.0 Omni: each "Example - …".
UNIFICALLY: Final = {
    "Text-to-Video": r"""
curl -X POST https://api.unifically.com/v1/tasks \
-H "Content-Type: application/json" \
-H "Authorization: Bearer YOUR_API_KEY" \
-d '{
"model": "kuaishou/kling-3.0-omni-video",
"input": {
"prompt": "A majestic eagle soaring through mountain peaks at sunset",
"duration": 5,
"mode": "pro"
}
}'
""",
    "With Elements": r"""
curl -X POST https://api.unifically.com/v1/tasks \
-H "Content-Type: application/json" \
-H "Authorization: Bearer YOUR_API_KEY" \
-d '{
"model": "kuaishou/kling-3.0-omni-video",
"input": {
"video_mode": "elements",
"prompt": "@Element1 walks through a park at sunset",
"elements": [
{"description": "Woman in red jacket", "type": "image", "image_urls": ["https://example.com/front.jpg"]}
],
"duration": 10,
"mode": "pro"
}
}'
""",
    "Reference Images with Start Frame": r"""
curl -X POST https://api.unifically.com/v1/tasks \
-H "Content-Type: application/json" \
-H "Authorization: Bearer YOUR_API_KEY" \
-d '{
"model": "kuaishou/kling-3.0-omni-video",
"input": {
"video_mode": "elements",
"prompt": "@Image2 walks toward @Image1 across a meadow",
"image_urls": [
"https://example.com/character.jpg",
"https://example.com/scene.jpg"
],
"start_image_index": 2,
"duration": 5,
"mode": "pro"
}
}'
""",
    "Multi-Shot": r"""
curl -X POST https://api.unifically.com/v1/tasks \
-H "Content-Type: application/json" \
-H "Authorization: Bearer YOUR_API_KEY" \
-d '{
"model": "kuaishou/kling-3.0-omni-video",
"input": {
"mode": "pro",
"multi_shots": [
{ "prompt": "Wide shot of city skyline", "duration": 5 },
{ "prompt": "Close-up of glass buildings", "duration": 5 }
]
}
}'
""",
}


BODIES: Final = {
    "omni-video: images with shots",
    "text2video: shots",
    "image2video: shots",
    "v3, case 7",
    "v3 omni, case 3",
}


@dataclass(frozen=True)
class Command:
    """A command, and how long the film is that comes of it."""

    service: str
    product: str
    name: str
    text: str
    seconds: float


def sent_in_the_same_way(example: Example) -> Command:
    """Return the command that sends a document's example, which has none."""
    body = {name: value for name, value in example.case.body.items() if name != "callback_url"}
    at = SERVICES[example.dialect].creates[example.case.product]
    host = {"klingai": "https://api-singapore.klingai.com", "apimart": "https://api.apimart.ai"}[example.dialect]
    headers = '-H "Content-Type: application/json" -H "Authorization: Bearer YOUR_API_KEY"'
    text = f"curl -X POST {host}{at} {headers} -d {shlex.quote(json.dumps(body, indent=2))}"
    return Command(example.dialect, example.case.product, example.name, text, example.seconds)


def written(service: str, commands: Mapping[str, str], *seconds: float) -> list[Command]:
    """Return a page's commands."""
    (product,) = SERVICES[service].creates
    pairs = zip(commands.items(), seconds, strict=True)
    return [Command(service, product, name, text, lasts) for (name, text), lasts in pairs]


COMMANDS: Final = [
    *written("ezmodel", EZMODEL, 10, 5, 13, 5),
    *written("unifically", UNIFICALLY, 5, 10, 5, 10),
    *(sent_in_the_same_way(example) for example in EXAMPLES if example.name in BODIES),
]
HOSTS: Final = {
    "https://api.ezmodel.cloud": "ezmodel",
    "https://api.unifically.com": "unifically",
    "https://api-singapore.klingai.com": "klingai",
    "https://api.apimart.ai": "apimart",
}


def run(command: Command, gateway: str, key: str) -> Any:
    """Run a command with its base URL and key changed, in a shell that has little besides; return what it prints."""
    curl = shutil.which("curl")
    assert curl, "curl is missing: these are the documents' own commands, which it runs"
    text = command.text
    for host, path in HOSTS.items():
        text = text.replace(host, f"{gateway}/{path}")
    text = text.replace("Bearer YOUR_API_KEY", f"Bearer {key}")
    surroundings = {"PATH": f"{Path(curl).parent}{os.pathsep}{os.defpath}", "YOUR_API_KEY": key}
    done = subprocess.run(  # noqa: S603 - the documents' commands
        ["/bin/sh", "-c", text], env=surroundings, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@dataclass
class Film:
    """What came of a command."""

    said: Any
    job: dict[str, Any]
    seconds: list[float]


@pytest.fixture(scope="module")
def films(
    twin: Twin,
    clients_of: Callable[[str], dict[str, Client]],
    anybody: httpx.Client,  # noqa: TID251 - a test's own
) -> dict[str, Future[Film]]:
    """What came of all commands, run at once."""
    key = twin.issue_key("curl").api_key
    clients = clients_of(key)

    def follow(command: Command) -> Film:
        said = run(command, twin.cloud.url, key)
        client = clients[command.service]
        task = client.service.task_id(said)
        links = client.service.films(client.success(task, command.product))
        return Film(said, client.job(task), [seconds_of(opened(anybody, link).read()) for link in links])

    return all_at_once(follow, {command.name: command for command in COMMANDS})


@pytest.mark.parametrize("command", COMMANDS, ids=[f"{command.service}: {command.name}" for command in COMMANDS])
def test_a_command_ends_in_a_film(films: dict[str, Future[Film]], command: Command) -> None:
    """Made by that service itself, as nobody else is named, and as long as it was asked for."""
    film = films[command.name].result()

    assert ("succeeded", command.service) == (film.job["state"], film.job["provider"])
    assert [pytest.approx(command.seconds, abs=0.1)] == film.seconds


@pytest.mark.parametrize("command", COMMANDS[:8], ids=[command.name for command in COMMANDS[:8]])
def test_what_a_command_prints(films: dict[str, Future[Film]], command: Command) -> None:
    """The answer of the page, with an id of ours: EzModel's video object, Unifically's envelope."""
    said = films[command.name].result().said
    if command.service == "ezmodel":
        named = {"id", "task_id", "object", "model", "created_at"}
        assert named | {"status", "progress"} == set(said)
        assert (said["id"], "video", "kling-v3-omni") == (said["task_id"], said["object"], said["model"])
    else:
        task_id = said["data"]["task_id"]
        assert {"code": 200, "success": True, "data": {"task_id": task_id, "status": "pending"}} == said


def test_every_command_of_both_pages_is_here() -> None:
    """Four each; and a body for every endpoint of Kling's that makes films, and for both of APIMart's models."""
    assert (4, 4, len(BODIES)) == (len(EZMODEL), len(UNIFICALLY), len(COMMANDS) - 8)
    products = {command.product for command in COMMANDS if command.service == KLINGAI.name}
    assert {"omni-video", "text2video", "image2video"} == products
