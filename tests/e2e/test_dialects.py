"""How each dialect behaves over HTTP beyond its document's examples: the caller's own names, lists, headers, endpoints."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest
from PIL import Image

from tests.e2e.caller import opened, seconds_of
from tests.e2e.services import SERVICES
from tests.e2e.upstream import creates_with, made_element, task_with

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from local.twin import Twin
    from tests.e2e.services import Client

QUICK = "[sim:generation=0.1]"
PICTURE, OTHER_PICTURE, CLIP = (f"https://example.com/{name}" for name in ("a.png", "b.png", "c.mp4"))


@pytest.fixture(scope="module")
def clients(twin: Twin, clients_of: Callable[[str], dict[str, Client]]) -> dict[str, Client]:
    return clients_of(twin.issue_key("dialects").api_key)


# ------------------------------------------------------------------------------------------- names of the caller's own


@pytest.mark.parametrize("name", ["klingai", "ezmodel"])
def test_an_external_id_is_good_for_one_task(twin: Twin, clients: dict[str, Client], name: str) -> None:
    """Asked for at once by eight, one is taken and the others are told Kling's own sentence; one task is made upstream.

    By it the task is found again, whatever characters it has.
    """
    client, prompt, own = clients[name], f"{QUICK} unique in {name}", f"order/{name}, 50%41 #1"
    body = client.service.least(prompt) | {"external_task_id": own}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.create(body), range(8)))
    taken = [client.service.task_id(answer.json()) for answer in answers if answer.status_code == 200]
    sentence = f"External_task_id {own} already exists"
    refusal = {
        "klingai": {"code": 1201, "message": sentence, "request_id": ANY},
        "ezmodel": {"code": "task_failed", "message": sentence, "data": None},
    }[name]

    assert 1 == len(taken)
    assert [(400, refusal)] * 7 == [(each.status_code, each.json()) for each in answers if each.status_code != 200]
    assert 1 == len(creates_with(twin, prompt))
    assert client.success(taken[0])["data"]["task_id"] == client.success(own)["data"]["task_id"]


def test_an_external_id_belongs_to_a_tenant_and_a_dialect(
    twin: Twin, clients: dict[str, Client], clients_of: Callable[[str], dict[str, Client]]
) -> None:
    """Somebody else, or the same caller in another dialect, may use it as well; each finds his own by it."""
    others = clients_of(twin.issue_key("dialects-2").api_key)
    callers = [clients["klingai"], clients["ezmodel"], others["klingai"]]
    ids = [
        caller.created(caller.service.least(f"{QUICK} {number}") | {"external_task_id": "shared name"})
        for number, caller in enumerate(callers)
    ]

    assert 3 == len(set(ids))
    assert ids == [caller.query("shared name").json()["data"]["task_id"] for caller in callers]


def test_lists_are_of_a_product_newest_first(twin: Twin, clients_of: Callable[[str], dict[str, Client]]) -> None:
    """In pages, without a total; what was asked for at another endpoint is neither listed nor known there."""
    client = clients_of(twin.issue_key("dialect-lists").api_key)["klingai"]
    path = "/v1/videos/omni-video"
    films = [client.created(client.service.least(f"{QUICK} page {number}")) for number in range(3)]
    picture = client.created({"model_name": "kling-v3", "prompt": f"{QUICK} a page"}, "generations")

    def listed(at: str, **query: str) -> list[str]:
        said = client.http.get(at, params=query).json()
        assert (0, "SUCCEED") == (said["code"], said["message"])
        return [task["task_id"] for task in said["data"]]

    assert films[::-1] == listed(path)
    assert films[:0:-1] == listed(path, pageNum="1", pageSize="2")
    assert films[:1] == listed(path, pageNum="2", pageSize="2")
    assert [] == listed(path, pageNum="3", pageSize="2")
    assert [picture] == listed("/v1/images/generations")
    assert 1201 == client.query(films[0], "text2video").json()["code"]
    for wrong in ({"pageNum": "0"}, {"pageSize": "501"}, {"pageSize": "ten"}):
        answer = client.http.get(path, params=wrong)
        (name,) = wrong
        assert (400, 1201) == (answer.status_code, answer.json()["code"])
        assert answer.json()["message"].startswith(name)


# -------------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize("name", SERVICES)
def test_the_same_request_under_a_key_is_the_same_task(twin: Twin, clients: dict[str, Client], name: str) -> None:
    """Said again, with an external id too, it is answered alike and made once; another body under the key is refused."""
    client, prompt = clients[name], f"{QUICK} once in {name}"
    body = client.service.least(prompt) | (
        {"external_task_id": f"once in {name}"} if name in {"klingai", "ezmodel"} else {}
    )
    first = client.create(body, Idempotency_Key=f"once-{name}")
    client.success(client.service.task_id(first.json()))
    again = client.create(body, Idempotency_Key=f"once-{name}")
    other = client.create(client.service.least(f"{prompt}, otherwise"), Idempotency_Key=f"once-{name}")
    message = client.service.message(other.json())

    assert (200, 200) == (first.status_code, again.status_code)
    assert (None, "true") == tuple(answer.headers.get("Idempotent-Replayed") for answer in (first, again))
    assert client.service.task_id(first.json()) == client.service.task_id(again.json())
    assert client.service.refusal(message) == (other.status_code, other.json())
    assert "Idempotency-Key" in message
    assert 1 == len(creates_with(twin, prompt))


def test_a_key_belongs_to_an_endpoint(clients: dict[str, Client]) -> None:
    """The same body asks for another thing elsewhere, which is no repetition."""
    body = {"model_name": "kling-v3", "prompt": f"{QUICK} at two places"}
    clients["klingai"].created(body, "text2video", Idempotency_Key="two-places")
    other = clients["klingai"].create(body, "generations", Idempotency_Key="two-places")

    assert 400 == other.status_code
    assert "Idempotency-Key" in other.json()["message"]


IGNORED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "apimart: audio with a video": (
        "apimart",
        {"video_list": [{"video_url": CLIP, "refer_type": "feature"}], "audio": True},
        "audio",
        "audio: ignored with video_list",
    ),
    "klingai: shots without multi_shot": (
        "klingai",
        {"multi_prompt": [{"index": 1, "prompt": "x", "duration": "3"}]},
        "multi_prompt",
        "multi_prompt: ",
    ),
    "ezmodel: what its server does not pass on": (
        "ezmodel",
        {"watermark_info": {"enabled": True}},
        "watermark_info",
        "watermark_info: ignored, EzModel does not pass it on to Kling",
    ),
    "unifically: a duration of its own with a clip to change": (
        "unifically",
        {"video_mode": "transform", "video_url": CLIP},
        "duration",
        "input.duration: ",
    ),
}


@pytest.mark.parametrize("case", IGNORED)
def test_what_is_ignored_is_named_and_goes_no_further(twin: Twin, clients: dict[str, Client], case: str) -> None:
    """In the answer's header, in ASCII; a request of which everything counts has no such header."""
    name, extra, field, words = IGNORED[case]
    client, prompt = clients[name], f"{QUICK} {case}"
    body = client.service.least(prompt)
    body.get("input", body).update(extra)
    answer = client.create(body)
    arrived = task_with(twin, prompt)["body"]

    assert 200 == answer.status_code, answer.text
    assert answer.headers["Klingway-Warnings"].startswith(words)
    assert field not in arrived.get("input", arrived)
    assert "Klingway-Warnings" not in client.create(client.service.least(QUICK)).headers


@pytest.mark.parametrize("name", SERVICES)
def test_who_makes_it(clients: dict[str, Client], name: str) -> None:
    """The service itself, where nobody is named; the cheapest for `auto`; the first that is able of those that are listed."""
    client = clients[name]

    def maker(prompt: str, **headers: str) -> tuple[str, str]:
        job = client.job(client.created(client.service.least(prompt), **headers))
        return job["provider"], job["route_reason"]

    # 3 s of std without sound: 0.0672, 0.084 and 0.084 dollars a second; Unifically's price for it is not known.
    mode = {"mode": "std"} if name in {"klingai", "unifically"} else {}
    body = client.service.least(f"{QUICK} anybody")
    body.get("input", body).update(mode)
    by_price = client.job(client.created(body, Klingway_Provider="auto"))

    assert (name, f"{name}: named by the caller") == maker(f"{QUICK} nobody named")
    assert "apimart" == by_price["provider"]
    assert by_price["route_reason"].startswith("apimart: cheapest of apimart ($0.20)")
    assert "unifically" == maker(f"{QUICK} listed", Klingway_Provider="unifically, klingai")[0]
    for wrong in ("nobody", "auto, klingai"):
        answer = client.create(client.service.least(QUICK), Klingway_Provider=wrong)
        message = client.service.message(answer.json())
        assert client.service.refusal(message) == (answer.status_code, answer.json())
        assert message.startswith("Klingway-Provider: ")


def test_the_first_of_a_list_that_is_able(clients: dict[str, Client]) -> None:
    """Of two that are named the one that has the model."""
    body = {"model": "kling-v3", "prompt": f"{QUICK} able", "duration": 3}
    task = clients["apimart"].created(body, Klingway_Provider="unifically, klingai")

    assert "klingai" == clients["apimart"].job(task)["provider"]


# ------------------------------------------------------------------------------------------------ further endpoints


def test_pictures_of_both_endpoints(
    twin: Twin,
    clients: dict[str, Client],
    anybody: httpx.Client,  # noqa: TID251 - a test's own
) -> None:
    """Two of omni-image in 2k, told as single ones, and one of image generation in its ratio; each link shows a picture."""
    client = clients["klingai"]
    omni: dict[str, Any] = {
        "model_name": "kling-v3-omni",
        "prompt": f"{QUICK} two of <<<image_1>>>",
        "image_list": [{"image": PICTURE}],
        "resolution": "2k",
        "n": 2,
        "aspect_ratio": "1:1",
        "external_task_id": "two pictures",
    }
    plain = {"prompt": f"{QUICK} one picture", "model_name": "kling-v3", "aspect_ratio": "3:2"}
    omni_id, plain_id = client.created(omni, "omni-image"), client.created(plain, "generations")
    omni_said, plain_said = client.success(omni_id, "omni-image"), client.success(plain_id, "generations")
    result = omni_said["data"]["task_result"]

    assert ("single", [], 2) == (result["result_type"], result["series_images"], len(result["images"]))
    assert omni_said["data"] == client.query("two pictures", "omni-image").json()["data"] | {"task_result": ANY}
    assert {"images"} == set(plain_said["data"]["task_result"])
    shapes = []
    for link in (*client.service.pictures(omni_said), *client.service.pictures(plain_said)):
        with Image.open(opened(anybody, link)) as picture:
            shapes.append(round(picture.width / picture.height, 2))
    assert [1.0, 1.0, 1.5] == shapes
    arrived = task_with(twin, omni["prompt"])["body"]
    assert omni | {"result_type": "single", "external_task_id": f"{omni_id}-1", "callback_url": ANY} == arrived


def test_a_watermarked_copy(
    clients: dict[str, Client],
    anybody: httpx.Client,  # noqa: TID251 - a test's own
) -> None:
    """Kling's answer has it besides the plain film; APIMart's has one file, which is the marked one then."""
    kling, apimart = clients["klingai"], clients["apimart"]
    first = kling.created(kling.service.least(f"{QUICK} marked") | {"watermark_info": {"enabled": True}})
    second = apimart.created(
        apimart.service.least(f"{QUICK} marked") | {"watermark": True}, Klingway_Provider="klingai"
    )
    said = kling.success(first)["data"]
    (video,) = said["task_result"]["videos"]
    (marked,) = apimart.service.films(apimart.success(second))

    assert {"enabled": True} == said["watermark_info"]
    films = [opened(anybody, link).read() for link in (video["url"], video["watermark_url"], marked)]
    assert [pytest.approx(3, abs=0.1)] * 3 == [seconds_of(film) for film in films]
    assert 3 == len(set(films))
    assert "/watermarked.mp4?" in marked


def test_elements_by_number(twin: Twin, clients: dict[str, Client]) -> None:
    """One that the account has at EzModel's Kling is used there, by EzModel's words for it; elsewhere nobody knows it."""
    client, prompt = clients["ezmodel"], f"{QUICK} @element_1 at the sea"
    number = made_element(twin.simulators["ezmodel"], "simulated-ezmodel-api-key", before="/kling")
    body = client.service.least(prompt) | {"element_list": [{"element_id": number}]}
    client.success(client.created(body))
    elsewhere = client.create(body, Klingway_Provider="klingai")
    message = client.service.message(elsewhere.json())

    assert [{"element_id": number}] == task_with(twin, prompt)["body"]["element_list"]
    assert client.service.refusal(message) == (elsewhere.status_code, elsewhere.json())
    assert "element_list[0].element_id" in message


def test_older_models_are_what_klings_own_clients_send(twin: Twin, clients: dict[str, Client]) -> None:
    """A body without a model is for kling-v1, whose camera arrives at KlingAI as it was given; nobody else has that model."""
    client, prompt = clients["klingai"], f"{QUICK} an older model"
    camera = {"type": "simple", "config": {"horizontal": 0, "vertical": 0, "pan": 5, "tilt": 0, "roll": 0, "zoom": 0}}
    body = {"prompt": prompt, "cfg_scale": 0.7, "camera_control": camera, "aspect_ratio": "9:16"}
    said = client.success(client.created(body, "text2video"), "text2video")
    arrived = dict(task_with(twin, prompt)["body"])

    assert pytest.approx(5, abs=0.1) == float(said["data"]["task_result"]["videos"][0]["duration"])
    assert {"callback_url", "external_task_id"} == set(arrived) - set(body) - {"model_name", "mode", "duration"}
    assert body | {"model_name": "kling-v1", "mode": "std", "duration": "5"} == {
        name: value for name, value in arrived.items() if name not in {"callback_url", "external_task_id"}
    }
    for provider in ("ezmodel", "apimart", "unifically", "auto"):
        answer = client.create(body, "text2video", Klingway_Provider=provider)
        assert (provider, 200 if provider == "auto" else 400) == (provider, answer.status_code), answer.text


def test_ezmodels_other_ways_to_ask(
    clients: dict[str, Client],
    anybody: httpx.Client,  # noqa: TID251 - a test's own
) -> None:
    """The three queries tell of one task; the film itself is had where EzModel streams it, once there is one."""
    client = clients["ezmodel"]
    task = client.created(client.service.least("[sim:generation=1] content"))
    early = client.http.get(f"/v1/videos/{task}/content")
    said = client.success(task)
    (link,) = client.service.films(said)
    openai = client.http.get(f"/v1/videos/{task}").json()
    film = client.http.get(f"/v1/videos/{task}/content", follow_redirects=True)
    nobody = client.http.get("/v1/videos/842250903629086785/content")

    assert (400, {"message": ANY, "type": "invalid_request_error", "code": ""}) == (
        early.status_code,
        early.json()["error"],
    )
    assert early.json()["error"]["message"].startswith("Task is not completed yet")
    assert (
        said["data"] | {"fail_reason": ANY, "data": ANY, "result_url": ANY}
        == client.http.get(f"/v1/video/generations/{task}").json()["data"]
    )
    assert ("video", "completed", 100) == (openai["object"], openai["status"], openai["progress"])
    assert pytest.approx(3, abs=0.1) == float(openai["seconds"])
    assert pytest.approx(3, abs=0.1) == seconds_of(film.content)
    assert film.content == opened(anybody, link).read() == opened(anybody, openai["metadata"]["url"]).read()
    assert (404, "invalid_request_error") == (nobody.status_code, nobody.json()["error"]["type"])
    assert nobody.json()["error"]["message"].startswith("Task not found")


# --------------------------------------------------------------------------------------------- one client, another maker


def test_apimarts_words_at_klingai(twin: Twin, clients: dict[str, Client]) -> None:
    """Its described subjects are made at Kling first and called by number there; the answers stay APIMart's."""
    client = clients["apimart"]
    body = {
        "model": "kling-v3-omni",
        "prompt": f"{QUICK} @element_dog and @element_cat are playing on the grass",
        "duration": 3,
        "element_list": [
            {
                "name": f"element_{name}",
                "description": f"a {name} of APIMart's",
                "element_input_urls": [PICTURE, OTHER_PICTURE],
            }
            for name in ("dog", "cat")
        ],
    }
    task = client.created(body, Klingway_Provider="klingai")
    early = client.query(task).json()["data"]
    said = client.success(task)["data"]
    made: list[dict[str, Any]] = twin.simulators["klingai"].looks()["elements"]()  # type: ignore[assignment]
    numbers = {element["description"]: element["element_id"] for element in made}
    arrived = task_with(twin, f"{QUICK} <<<element_1>>> and <<<element_2>>> are playing on the grass")["body"]

    assert (task, "pending") == (early["id"], early["status"])
    assert {"id", "status", "progress", "created", "estimated_time", "result", "completed", "actual_time"} == set(said)
    assert 86_400 == pytest.approx(said["result"]["videos"][0]["expires_at"] - time.time(), abs=30)
    assert [{"element_id": numbers[f"a {name} of APIMart's"]} for name in ("dog", "cat")] == arrived["element_list"]


def test_klingais_words_at_apimart(twin: Twin, clients: dict[str, Client]) -> None:
    """Its frames and a reference become roles, its seconds a number, its flags truths; the answers stay Kling's."""
    client, prompt = clients["klingai"], f"{QUICK} <<<image_2>>> walks in"
    body = {
        "model_name": "kling-v3-omni",
        "prompt": prompt,
        "image_list": [{"image_url": PICTURE, "type": "first_frame"}, {"image_url": OTHER_PICTURE}],
        "mode": "std",
        "sound": "on",
        "duration": "4",
        "external_task_id": "at APIMart",
    }
    task = client.created(body, Klingway_Provider="apimart")
    said = client.success("at APIMart")["data"]
    arrived = task_with(twin, prompt)["body"]

    assert (task, "at APIMart") == (said["task_id"], said["task_info"]["external_task_id"])
    assert pytest.approx(4, abs=0.1) == float(said["task_result"]["videos"][0]["duration"])
    assert {
        "model": "kling-v3-omni",
        "prompt": prompt,
        "image_with_roles": [
            {"url": PICTURE, "role": "first_frame"},
            {"url": OTHER_PICTURE, "role": "reference"},
        ],
        "mode": "std",
        "audio": True,
        "duration": 4,
        "multi_shot": False,
        "watermark": False,
    } == arrived
