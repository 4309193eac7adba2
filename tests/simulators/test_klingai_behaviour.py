from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import av
import httpx
import pytest

from local.simulators.behaviour import MARKERS, QueryFault, Refusal, UnknownMarkerError, marks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Kling, Receiver

OMNI = "/v1/videos/omni-video"


def test_callbacks(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """Callbacks: POST, JSON, the flat task without the envelope, processing and then the end, watermark left out."""
    task_id = kling.created(callback_url=receiver.url, external_task_id="e", watermark_info={"enabled": True})
    until(lambda: len(receiver.posts) == 2)
    assert receiver.words() == ["processing", "succeed"]
    last = receiver.posts[1]
    assert last["headers"]["content-type"] == "application/json; charset=utf-8"
    assert not any(name.startswith("webhook-") for name in last["headers"])
    told = last["json"]
    first = {"task_id", "task_status", "task_status_msg", "created_at", "updated_at"}
    assert set(told) == first | {"final_unit_deduction", "task_info", "task_result"}
    assert (told["task_id"], told["task_info"]) == (task_id, {"external_task_id": "e"})
    (video,) = told["task_result"]["videos"]
    assert set(video) == {"id", "url", "duration"}
    assert kling.http.get(video["url"]).status_code == 200


def test_signature(start: Callable[..., Kling], receiver: Receiver, until: Callable[..., None]) -> None:
    """Standard Webhooks: HMAC-SHA256 over id.timestamp.body with the decoded secret, base64, `v1,` before it."""
    key = b"a fake secret of thirty-two byte"
    kling = start(webhook_secret="whsec_" + base64.b64encode(key).decode(), generation_s=0.1)
    kling.created(callback_url=receiver.url)
    until(lambda: len(receiver.posts) == 2)
    for post in receiver.posts:
        name, moment = (post["headers"][header] for header in ("webhook-id", "webhook-timestamp"))
        signed = hmac.new(key, f"{name}.{moment}.".encode() + post["body"], hashlib.sha256).digest()
        assert post["headers"]["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
        assert abs(time.time() - int(moment)) < 5


def test_signature_vector() -> None:
    """The documented vector of Kling's signature chapter."""
    from local.simulators.tasks import standard_webhook_headers  # noqa: PLC0415 - for this test alone

    body = (
        b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    headers = standard_webhook_headers(
        "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=", "9876543210", body, 1781080794
    )
    assert headers["webhook-signature"] == "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="


def test_silent(kling: Kling, receiver: Receiver) -> None:
    """Silent: no callback, while the query tells the end."""
    task_id = kling.created(prompt="a [sim:silent]", callback_url=receiver.url)
    assert kling.ended(task_id)["task_status"] == "succeed"
    time.sleep(0.2)
    assert receiver.posts == []


def test_repeat(start: Callable[..., Kling], receiver: Receiver, until: Callable[..., None]) -> None:
    """Repeat: each callback twice, the same in every byte and header."""
    kling = start(webhook_secret=base64.b64encode(b"fake").decode())
    kling.simulator.behaviour.callbacks = "repeat"
    kling.created(callback_url=receiver.url)
    until(lambda: len(receiver.posts) == 4)
    assert receiver.words() == ["processing", "processing", "succeed", "succeed"]
    for first, second in (receiver.posts[:2], receiver.posts[2:]):
        assert first["body"] == second["body"]
        assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]


def test_early(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """Early: a callback has arrived before the create's answer, about a task nobody knows yet."""
    task_id = kling.created(prompt="a [sim:early]", callback_url=receiver.url)
    answered = time.time()
    assert receiver.posts[0]["at"] < answered
    assert (receiver.posts[0]["json"]["task_id"], receiver.words()[0]) == (task_id, "submitted")
    until(lambda: receiver.words() == ["submitted", "processing", "succeed"])


@pytest.mark.parametrize(("marker", "word"), [("lie", "succeed"), ("lie_failed", "failed")])
def test_lie(kling: Kling, receiver: Receiver, until: Callable[..., None], marker: str, word: str) -> None:
    """Lie: an end is announced, the query says processing and the video is not there; later the true end."""
    task_id = kling.created(prompt=f"a [sim:{marker}] [sim:generation=3]", callback_url=receiver.url)
    until(lambda: len(receiver.posts) == 1)
    assert receiver.words() == [word]
    assert kling.task(task_id)["task_status"] == "processing"
    if word == "succeed":
        assert kling.http.get(receiver.posts[0]["json"]["task_result"]["videos"][0]["url"]).status_code == 404
    until(lambda: receiver.words() == [word, "succeed"])
    assert kling.task(task_id)["task_status"] == "succeed"


def test_late(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """Late: nothing is posted until so many seconds after the end."""
    task_id = kling.created(prompt="a [sim:late=0.5]", callback_url=receiver.url)
    kling.ended(task_id)
    assert receiver.posts == []
    until(lambda: receiver.words() == ["processing", "succeed"])
    assert receiver.posts[1]["at"] - receiver.posts[1]["json"]["updated_at"] / 1000 > 0.49


def test_unordered(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """Unordered: the end comes before processing."""
    kling.created(prompt="a [sim:unordered]", callback_url=receiver.url)
    until(lambda: receiver.words() == ["succeed", "processing"])


def test_callback_word(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """The last callback may carry a word nobody knows; the query keeps the right one."""
    task_id = kling.created(prompt="a [sim:callback_word=done]", callback_url=receiver.url)
    until(lambda: receiver.words() == ["processing", "done"])
    assert kling.task(task_id)["task_status"] == "succeed"


@pytest.mark.parametrize(("status", "retries", "posts"), [(500, 0, 2), (302, 0, 2), (500, 2, 6)])
def test_unwelcome_callbacks(
    kling: Kling, receiver: Receiver, until: Callable[..., None], status: int, retries: int, posts: int
) -> None:
    """No retries and no redirects by default; with retries, so many more. The results are kept for tests."""
    receiver.status = status
    kling.simulator.behaviour.callback_retries = retries
    kling.created(callback_url=receiver.url)
    until(lambda: len(kling.simulator.tasks()[0]["deliveries"]) == posts)
    time.sleep(0.1)
    assert len(receiver.posts) == posts
    assert {delivery["status"] for delivery in kling.simulator.tasks()[0]["deliveries"]} == {status}


def test_nobody_listens(kling: Kling, until: Callable[..., None]) -> None:
    """A receiver that is not there hurts nothing."""
    task_id = kling.created(callback_url="http://127.0.0.1:9/none")
    until(lambda: len(kling.simulator.tasks()[0]["deliveries"]) == 2)
    assert kling.simulator.tasks()[0]["deliveries"][0]["error"]
    assert kling.ended(task_id)["task_status"] == "succeed"


def test_loopback_alone(kling: Kling, until: Callable[..., None]) -> None:
    """Nothing leaves the machine, whatever the callback URL is."""
    kling.created(callback_url="https://example.com/hook")
    until(lambda: len(kling.simulator.tasks()[0]["deliveries"]) == 2)
    assert "loopback alone" in kling.simulator.tasks()[0]["deliveries"][0]["error"]


def test_slots(start: Callable[..., Kling]) -> None:
    """Concurrency: a slot is held from submitted to the end, failure included; beyond it 429 / 1303."""
    kling = start(capacity=2, generation_s=0.5)
    held = [kling.created(), kling.created(prompt="a [sim:fail]")]
    refused = kling.create()
    assert (refused.status_code, refused.json()["code"]) == (429, 1303)
    assert refused.json()["message"] == "parallel task over resource pack limit"
    assert kling.http.get(OMNI).status_code == 200
    for task_id in held:
        kling.ended(task_id)
    assert kling.created()


def test_refuse_next(kling: Kling) -> None:
    """The next creates are refused with the given numbers, in order, then all is well."""
    kling.simulator.behaviour.refuse_next = [
        Refusal(status=429, code=1102, message="Account balance not enough", times=2),
        Refusal(status=429, code=1302, message="too many requests"),
    ]
    answers = [kling.create() for _ in range(4)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(429, 1102)] * 2 + [
        (429, 1302),
        (200, 0),
    ]
    assert len(kling.simulator.tasks()) == 1


def test_busy_marker(kling: Kling) -> None:
    """[sim:busy=2] refuses the same create twice."""
    answers = [kling.create(prompt="a [sim:busy=2]", external_task_id="b").status_code for _ in range(3)]
    assert answers == [429, 429, 200]
    assert kling.create(prompt="a [sim:refuse=400/1301]").json()["code"] == 1301


@pytest.mark.parametrize("marker", ["lost_answer", "time_out"])
def test_no_answer(kling: Kling, marker: str) -> None:
    """The task is made, its answer never comes; its external id finds it, and cannot be used again."""
    with pytest.raises(httpx.TransportError):
        kling.create(prompt=f"a [sim:{marker}] [sim:time_out_s=0.3]", external_task_id="lost")
    assert kling.task("lost")["task_info"] == {"external_task_id": "lost"}
    again = kling.create(prompt=f"a [sim:{marker}]", external_task_id="lost")
    assert again.json()["message"] == "External_task_id lost already exists"


def test_time_out_outlasts_the_caller(kling: Kling) -> None:
    """A caller that waits less than time_out_s sees a read time-out."""
    with pytest.raises(httpx.ReadTimeout):
        kling.http.post(
            OMNI, json={"prompt": "a [sim:time_out]", "aspect_ratio": "1:1", "external_task_id": "slow"}, timeout=0.2
        )
    assert kling.task("slow")


def test_server_errors(kling: Kling) -> None:
    """500 / 5000 with the task made, and without; a 200 that is a page."""
    made = kling.create(prompt="[sim:error_5xx_created]", external_task_id="made")
    assert (made.status_code, made.json()["code"]) == (500, 5000)
    assert kling.task("made")
    lost = kling.create(prompt="[sim:error_5xx_not_created]", external_task_id="lost")
    assert (lost.status_code, lost.json()["code"]) == (500, 5000)
    assert kling.http.get(f"{OMNI}/lost").status_code == 400
    assert kling.created(prompt="[sim:error_5xx_not_created]", external_task_id="lost")
    page = kling.create(prompt="[sim:garbage_2xx]", external_task_id="page")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert kling.task("page")


def test_submit_fault_for_all(kling: Kling) -> None:
    """The switch strikes so many creates, whatever they are."""
    kling.simulator.behaviour.submit_fault = "error_5xx_not_created"
    kling.simulator.behaviour.submit_fault_times = 2
    assert [kling.create().status_code for _ in range(3)] == [500, 500, 200]


def test_slow_create(kling: Kling) -> None:
    """submit_delay_s passes before the answer."""
    began = time.monotonic()
    kling.created(prompt="[sim:submit_delay=0.3]")
    assert time.monotonic() - began >= 0.3


def test_query_faults(kling: Kling) -> None:
    """Reads fail so many times, then tell the truth."""
    task_id = kling.created(prompt="[sim:query_5xx=2]")
    answers = [kling.http.get(f"{OMNI}/{task_id}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [500, 500, 200]
    task_id = kling.created(prompt="[sim:query_unknown] [sim:generation=9]")
    assert [kling.task(task_id)["task_status"] for _ in range(2)] == ["queueing", "submitted"]
    task_id = kling.created(prompt="[sim:query_time_out] [sim:time_out_s=0.1]")
    with pytest.raises(httpx.TransportError):
        kling.task(task_id)
    assert kling.task(task_id)
    kling.simulator.behaviour.query_faults = [QueryFault(kind="error_5xx")]
    assert [kling.http.get(OMNI).status_code for _ in range(2)] == [500, 200]


def test_failures(kling: Kling, receiver: Receiver, until: Callable[..., None]) -> None:
    """A failed task says why in task_status_msg, has no result and costs nothing it would tell."""
    blocked = kling.ended(kling.created(prompt="[sim:moderation]", callback_url=receiver.url))
    assert (blocked["task_status"], blocked["task_status_msg"]) == ("failed", "Failure to pass the risk control system")
    assert not {"task_result", "final_unit_deduction"} & set(blocked)
    until(lambda: receiver.words() == ["processing", "failed"])
    assert kling.ended(kling.created(prompt="[sim:fail=out of paint]"))["task_status_msg"] == "out of paint"
    kling.simulator.behaviour.fail_message = "all of them"
    assert kling.ended(kling.created())["task_status_msg"] == "all of them"


def test_short_media(kling: Kling) -> None:
    """Short: fewer bytes than Content-Length says, once; then the whole."""
    url = kling.video_url(kling.created(prompt="[sim:short=1]"))
    with pytest.raises(httpx.RemoteProtocolError):
        kling.http.get(url)
    assert kling.http.get(url).status_code == 200
    always = kling.video_url(kling.created(prompt="[sim:short]"))
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            kling.http.get(always)


@pytest.mark.parametrize(
    ("marker", "statuses"),
    [
        ("refused_once", [403, 200, 200]),
        ("refused_once=2", [403, 403, 200]),
        ("missing", [404, 404, 404]),
        ("html=1", [200, 200, 200]),
    ],
)
def test_media_refused(kling: Kling, marker: str, statuses: list[int]) -> None:
    """Media are refused so many times, missing, or a page instead of a video."""
    url = kling.video_url(kling.created(prompt=f"[sim:{marker}]"))
    answers = [kling.http.get(url) for _ in statuses]
    assert [answer.status_code for answer in answers] == statuses
    assert answers[0].headers["content-type"].startswith("text/html") == marker.startswith("html")


def test_links_end(kling: Kling) -> None:
    """Retention: links hold for 30 days from the end, unless told otherwise."""
    url = kling.video_url(kling.created())
    (task,) = kling.simulator.tasks()
    assert httpx.URL(url).params["Expires"] == str(int(task["ends_at"]) + 30 * 86_400)
    assert kling.http.get(url).status_code == 200
    assert kling.http.get(kling.video_url(kling.created(prompt="[sim:media_life=0]"))).status_code == 403


def test_slow_media(kling: Kling) -> None:
    """Slow: whole, but spread over the seconds."""
    url = kling.video_url(kling.created(prompt="[sim:slow=0.5]"))
    began = time.monotonic()
    assert len(kling.http.get(url).content) > 1000
    assert time.monotonic() - began >= 0.4


def test_wrong_media(kling: Kling) -> None:
    """A file that lasts, or looks, other than asked and told; the switch may be set after the task was made."""

    def fetched(prompt: str) -> tuple[float, bool]:
        with av.open(io.BytesIO(kling.http.get(kling.video_url(kling.created(prompt=prompt))).content)) as clip:
            context = clip.streams.video[0].codec_context
            assert clip.duration is not None
            return clip.duration / 1_000_000, context.width == context.height

    assert fetched("[sim:wrong_duration=2]") == (pytest.approx(2.0, abs=0.05), False)
    assert fetched("[sim:wrong_aspect]") == (pytest.approx(5.04, abs=0.05), True)
    url = kling.video_url(kling.created())
    kling.simulator.behaviour.media_fault = "missing"
    assert kling.http.get(url).status_code == 404


def test_switches_over_http(kling: Kling) -> None:
    """PUT changes the given switches, all or none; DELETE sets all back; unknown ones are refused."""
    changed = kling.http.put("/_sim/behaviour", json={"capacity": 0, "refuse_next": [{"code": 1302}]}).json()
    assert (changed["capacity"], changed["refuse_next"][0]["code"], changed["generation_s"]) == (0, 1302, 0.1)
    assert [kling.create().json()["code"] for _ in range(2)] == [1302, 1303]
    for wrong in ({"callbacks": "normal", "nonsense": 1}, {"capacity": None, "generation_s": -1}, [], "x"):
        assert kling.http.put("/_sim/behaviour", json=wrong).status_code == 400
    assert kling.simulator.behaviour.capacity == 0
    held = kling.simulator.behaviour
    assert kling.http.delete("/_sim/behaviour").json()["capacity"] is None
    assert held is kling.simulator.behaviour
    assert kling.created()


def test_markers() -> None:
    """Markers set their switches, several at once; a slip is an error, not a marker that does nothing."""
    assert marks_of("a [sim:late=1.5] b [sim:missing]") == {
        "callbacks": "late", "callback_late_s": 1.5, "media_fault": "missing", "media_fault_times": None,
    }  # fmt: skip
    assert marks_of("no [marker] [sim]") == {}
    for slip in ("[sim:silnt]", "[sim:generation=soon]", "[sim:generation]", "[sim:refuse=1]"):
        with pytest.raises(UnknownMarkerError):
            marks_of(slip)
    assert len(MARKERS) > 20


def test_unknown_marker_is_refused(kling: Kling) -> None:
    """A misspelt marker makes the create fail loudly."""
    assert "[sim:silnt]" in kling.create(prompt="[sim:silnt]").json()["message"]


def test_markers_in_shots(kling: Kling) -> None:
    """Markers work in storyboards too."""
    rows = [{"index": 1, "prompt": "a", "duration": "2"}, {"index": 2, "prompt": "b [sim:fail]", "duration": "3"}]
    task_id = kling.created(prompt="", multi_shot=True, shot_type="customize", multi_prompt=rows)
    assert kling.ended(task_id)["task_status"] == "failed"


def test_two_hundred_at_once(start: Callable[..., Kling], receiver: Receiver, until: Callable[..., None]) -> None:
    """200 creates at once are all answered quickly, all callbacks come, and their videos too while queries go on."""
    kling = start(generation_s=1.0)

    limits = httpx.Limits(max_connections=200)
    headers = {"Authorization": kling.http.headers["Authorization"]}
    crowd = httpx.Client(base_url=kling.simulator.url, headers=headers, limits=limits, timeout=10)  # noqa: TID251 - a test's

    def create(number: int) -> float:
        body = {"prompt": f"number {number}", "aspect_ratio": "16:9", "external_task_id": f"n-{number}"}
        began = time.monotonic()
        assert crowd.post(OMNI, json=body | {"callback_url": receiver.url}).status_code == 200
        return time.monotonic() - began

    with crowd, ThreadPoolExecutor(200) as pool:
        took = sorted(pool.map(create, range(200)))
    assert took[-1] < 5
    assert len({task["task_id"] for task in kling.simulator.tasks()}) == 200
    until(lambda: len(receiver.posts) == 400, 10)
    words = receiver.words()
    assert (words.count("processing"), words.count("succeed")) == (200, 200)
    urls = [
        post["json"]["task_result"]["videos"][0]["url"]
        for post in receiver.posts
        if post["json"]["task_status"] == "succeed"
    ]
    with ThreadPoolExecutor(40) as pool:
        fetching = [pool.submit(kling.http.get, url, timeout=30) for url in urls[:40]]
        began = time.monotonic()
        assert kling.task("n-7")["task_status"] == "succeed"
        assert time.monotonic() - began < 1
        assert {one.result().headers["content-type"] for one in fetching} == {"video/mp4"}


def test_stop(start: Callable[..., Kling]) -> None:
    """Stopping takes less than two seconds, whatever is open or waiting, and leaves no thread that blocks exit."""
    kling = start(generation_s=60)
    kling.http.get("/")
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(kling.create, prompt="[sim:time_out] [sim:time_out_s=60]")
        time.sleep(0.1)
        began = time.monotonic()
        kling.simulator.stop()
        assert time.monotonic() - began < 2
        assert isinstance(stuck.exception(2), httpx.TransportError)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith(("simulator", "klingai")))
    with pytest.raises(httpx.TransportError):
        kling.http.get("/")


def test_command() -> None:
    """`python -m local.simulators.klingai` prints one line with its URL and fake keys, and serves until told to end."""
    command = [sys.executable, "-m", "local.simulators.klingai", "--port", "0", "--generation", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {told['api_keys'][0]}"}
            with httpx.Client(base_url=told["url"], headers=headers) as http:  # noqa: TID251 - a test's
                assert http.get(OMNI).json()["data"] == []
        finally:
            process.terminate()
        assert process.wait(5) == 0
