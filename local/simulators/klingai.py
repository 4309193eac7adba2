"""The official KlingAI API over HTTP, as Kling's API specification of 2026-02-10 and the official pages around it say.

Videos: `/v1/videos/omni-video`, `/v1/videos/text2video`, `/v1/videos/image2video`: create, query one (by task id or
external id), list. Images: the same at `/v1/images/omni-image`, `/v1/images/generations`. Elements: the same at
`/v1/general/advanced-custom-elements`, the official ones, delete;
`GET /_sim/elements` shows tests what there is and what was. Run it with
`python -m local.simulators.klingai --port 8123`; it prints one line of JSON with its URL and its fake keys.
"""

from __future__ import annotations

import itertools
import json
import re
import time
import uuid
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from typing_extensions import override

from local.simulators.behaviour import Behaviour, Denial, UnknownMarkerError
from local.simulators.command import arguments, serve
from local.simulators.fields import InvalidError
from local.simulators.klingai_auth import ApiError, Auth
from local.simulators.klingai_elements import PRODUCT as ELEMENT
from local.simulators.klingai_elements import ElementLibrary, ElementOrder, check_element
from local.simulators.klingai_image_rules import ImageOrder, check_generations, check_omni_image
from local.simulators.klingai_omni_rules import check_omni
from local.simulators.klingai_results import WORDS, as_callback, making, media_result, milliseconds, shown
from local.simulators.klingai_rules import SPECIFICATION, ElementKind, Order, Surroundings
from local.simulators.klingai_video_rules import check_image, check_text
from local.simulators.server import (
    NotCreatedError,
    NotJsonError,
    RefusedError,
    Request,
    Response,
    Simulator,
    all_text,
    json_object,
    json_response,
)
from local.simulators.tasks import DuplicateError, State, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Product = Literal["omni-video", "text2video", "image2video", "omni-image", "generations", "element"]
AnyOrder = Order | ImageOrder | ElementOrder

_PATHS: Final[Mapping[str, Product]] = {
    "/v1/videos/omni-video": "omni-video",
    "/v1/videos/text2video": "text2video",
    "/v1/videos/image2video": "image2video",
    "/v1/images/omni-image": "omni-image",
    "/v1/images/generations": "generations",
    "/v1/general/advanced-custom-elements": ELEMENT,
}
CREATES: Final[Mapping[Product, Callable[[Mapping[str, Any], Surroundings], AnyOrder]]] = {
    "omni-video": check_omni,
    "text2video": check_text,
    "image2video": check_image,
    "omni-image": check_omni_image,
    "generations": check_generations,
    ELEMENT: check_element,
}
"""How each product's creates are checked; `InvalidError` where a rule is broken."""
_PRESETS_PATH: Final = "/v1/general/advanced-presets-elements"
_DELETE_PATHS: Final = ("/v1/general/delete-elements", "/v1/general/delete-advanced-elements")  # one store behind both
_PAGE_NUMBERS, _PAGE_SIZES = range(1, 1_001), range(1, 501)
_TEXTS: Final = ("prompt", "element_name", "element_description")
_SERVER_ERROR: Final = "Server internal error"


class KlingaiSimulator(Simulator):
    """A KlingAI account on loopback.

    Args:
        api_keys: accepted as Bearer tokens.
        access_keys: secret keys by access key (32 characters or more), for JWT.
        generation_s: how long a task takes, seconds.
        capacity: how many tasks may be unfinished at once; None: any number.
        rules_as_of: the day whose official rules hold; the default is the specification's own.
        webhook_secret: signs callbacks (`whsec_` and base64).
        port: on 127.0.0.1; 0 takes a free one.
        elements: elements that are there besides the official ones and those that are made, by number.
    """

    provider: ClassVar[str] = "klingai"
    busy: ClassVar[Denial] = Denial(429, 1303, "parallel task over resource pack limit")

    def __init__(
        self,
        *,
        api_keys: Sequence[str],
        access_keys: Mapping[str, str],
        generation_s: float = 3.0,
        capacity: int | None = None,
        rules_as_of: date = SPECIFICATION,
        webhook_secret: str | None = None,
        port: int = 0,
        elements: Mapping[int, ElementKind] | None = None,
    ) -> None:
        super().__init__(
            Behaviour(generation_s=generation_s, capacity=capacity), webhook_secret=webhook_secret, port=port
        )
        self.rules_as_of = rules_as_of
        self._elements = ElementLibrary(self.book, elements or {})
        self._auth = Auth(frozenset(api_keys), dict(access_keys))
        self._numbers = itertools.count(1)

    @override
    def looks(self) -> Mapping[str, Callable[[], object]]:
        """Returns what tests look at; here the elements too."""
        return {**super().looks(), "elements": self.elements}

    def elements(self) -> list[dict[str, Any]]:
        """Returns the account's own elements, newest first, as `GET /_sim/elements` does; see `ElementLibrary.seen`."""
        return self._elements.seen(self.book.newest_first())

    @override
    def answer(self, request: Request) -> Response:
        """Answers a request to the API."""
        try:
            self._auth.check(request.headers.get("authorization", ""))
            return self._route(request)
        except ApiError as error:
            return _envelope(error.status, error.code, error.message)

    @override
    def callback_body(self, task: Task, state: State, behaviour: Behaviour) -> bytes:
        """Returns the task without the envelope, in the documented form of callbacks."""
        word = WORDS[state]
        if behaviour.callback_word is not None and state in {"succeeded", "failed"}:
            word = behaviour.callback_word
        return json.dumps(as_callback(shown(task, state, word, self._result)), ensure_ascii=False).encode()

    def _route(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        base, _, last = path.rpartition("/")
        ways: Mapping[str, Callable[[], Response]]
        if path in _DELETE_PATHS:
            ways = {"POST": lambda: self._delete_element(request)}
        elif path == _PRESETS_PATH:
            ways = {"GET": lambda: self._presets(request)}
        elif path in _PATHS:
            product = _PATHS[path]
            ways = {"POST": lambda: self._create(request, product), "GET": lambda: self._list(request, product)}
        elif base in _PATHS:
            ways = {"GET": lambda: self._one(last, _PATHS[base])}
        else:
            raise ApiError(404, 1203, f"Resource not found: {request.path}")
        if request.method not in ways:
            raise ApiError(404, 1202, f"Method {request.method} is not supported for {request.path}")
        return ways[request.method]()

    # Creates.

    def _create(self, request: Request, product: Product) -> Response:
        body = _json_object(request)
        try:
            around = self._surroundings(body)
            order = CREATES[product](body, around)
            text, own_id = all_text(body, _TEXTS), order.external_task_id
            task, fault = self.submit(
                text,
                own_id,
                own_id or f"{product}:{text}",
                lambda marks, behaviour: self._task(product, body, order, marks, behaviour),
            )
        except (InvalidError, UnknownMarkerError) as error:
            raise ApiError(400, 1201, str(error)) from None
        except RefusedError as error:
            raise ApiError(error.denial.status, error.denial.code, error.denial.message) from None
        except DuplicateError:
            raise ApiError(400, 1201, f"External_task_id {own_id} already exists") from None
        except NotCreatedError:
            raise ApiError(500, 5000, _SERVER_ERROR) from None
        data = _submitted(task.id, task.created_at) | {"task_info": {"external_task_id": task.external_id}}
        good, bad = _envelope(200, 0, "SUCCEED", data), _envelope(500, 5000, _SERVER_ERROR)
        answered = self.spoil_answer(task, fault, good, bad)
        answered.notes |= {"task_id": task.id, "unknown_fields": list(order.unknown_fields), "notes": list(order.notes)}
        return answered

    def _surroundings(self, body: Mapping[str, Any]) -> Surroundings:
        text = all_text(body, _TEXTS)
        return Surroundings(self.rules_as_of, self._elements.kinds(), lambda url: self.video_seconds(url, text))

    def _task(
        self,
        product: Product,
        body: Mapping[str, Any],
        order: AnyOrder,
        marks: dict[str, Any],
        behaviour: Behaviour,
    ) -> Task:
        now = time.time()
        task_id = self._task_id(now)
        made = making(order, task_id, self.provider)
        return Task(
            id=task_id,
            product=product,
            external_id=order.external_task_id,
            body=body,
            clip=made.clip,
            watermarked=made.watermarked,
            callback_url=order.callback_url,
            marks=marks,
            failure=behaviour.fail_message or made.failure,
            created_at=now,
            generation_s=behaviour.element_generation_s if product == ELEMENT else behaviour.generation_s,
            makes_video=made.makes_video,
            pictures=made.pictures,
            extra=made.extra,
        )

    def _task_id(self, now: float) -> str:
        return f"{milliseconds(now)}{next(self._numbers) % 100_000:05d}"  # 13 and 5 digits

    # Reads.

    def _one(self, reference: str, product: Product) -> Response:
        task = self.book.find(reference, product)
        behaviour = self.behaviour if task is None else self.behaviour.overlaid(task.marks)
        fault, word = self.spoil_read(behaviour)
        if (spoilt := _spoilt(fault)) is not None:
            return spoilt
        if task is None:
            raise ApiError(400, 1201, f"Task not found by id/external id: {reference}")
        state = task.state()
        return _envelope(200, 0, "SUCCEED", shown(task, state, word or WORDS[state], self._result))

    def _list(self, request: Request, product: Product) -> Response:
        page = _page(request)
        fault, word = self.spoil_read(self.behaviour)
        if (spoilt := _spoilt(fault)) is not None:
            return spoilt
        tasks = self.book.newest_first(product)[page]
        data = [shown(task, state := task.state(), word or WORDS[state], self._result) for task in tasks]
        return _envelope(200, 0, "SUCCEED", data)

    def _result(self, task: Task) -> dict[str, Any]:
        return self._elements.result(task) if task.product == ELEMENT else media_result(task, self.media_url)

    # What elements have besides.

    def _presets(self, request: Request) -> Response:
        return _envelope(200, 0, "SUCCEED", self._elements.presets()[_page(request)])

    def _delete_element(self, request: Request) -> Response:
        """Deletes at once; the answer is a new task's, which nobody can query (whether Kling's can is not known)."""
        try:
            self._elements.delete(_json_object(request))
        except InvalidError as error:
            raise ApiError(400, 1201, str(error)) from None
        now = time.time()
        return _envelope(200, 0, "SUCCEED", _submitted(self._task_id(now), now))


def _submitted(task_id: str, now: float) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "task_status": "submitted",
        "created_at": milliseconds(now),
        "updated_at": milliseconds(now),
    }


def _envelope(status: int, code: int, message: str, data: object = None) -> Response:
    body = {"code": code, "message": message, "request_id": str(uuid.uuid4())}
    return json_response(body if data is None else {**body, "data": data}, status, code=code, message=message)


def _spoilt(fault: str) -> Response | None:
    if fault == "error_5xx":
        return _envelope(500, 5000, _SERVER_ERROR)
    return Response(hang_up=True, notes={"fault": fault}) if fault == "time_out" else None


def _json_object(request: Request) -> dict[str, Any]:
    """Reads a create's body.

    Raises:
        ApiError: it is no JSON object, or is not said to be JSON ("Content-Type: application/json").
    """
    try:
        return json_object(request)
    except NotJsonError as error:
        raise ApiError(400, 1200, str(error)) from None


def _page(request: Request) -> slice:
    """Reads pageNum and pageSize."""
    number = _page_value(request, "pageNum", 1, _PAGE_NUMBERS)
    size = _page_value(request, "pageSize", 30, _PAGE_SIZES)
    return slice((number - 1) * size, number * size)


def _page_value(request: Request, name: str, default: int, allowed: range) -> int:
    value = request.query.get(name) or str(default)
    if not (re.fullmatch(r"[0-9]{1,6}", value) and int(value) in allowed):
        raise ApiError(400, 1201, f"{name} must be an integer within [{allowed[0]}, {allowed[-1]}]")
    return int(value)


def main() -> None:
    """Serves until interrupted."""
    parser = arguments("Simulates the official KlingAI API on loopback.")
    parser.add_argument("--rules-as-of", type=date.fromisoformat, default=SPECIFICATION, metavar="YYYY-MM-DD")
    chosen = parser.parse_args()
    api_keys = ["fake-klingai-api-key"]
    access_keys = {"fake-klingai-access-key": "fake-klingai-secret-key-of-32-characters"}
    simulator = KlingaiSimulator(
        api_keys=api_keys,
        access_keys=access_keys,
        generation_s=chosen.generation,
        capacity=chosen.capacity,
        rules_as_of=chosen.rules_as_of,
        port=chosen.port,
    )
    serve(simulator, api_keys=api_keys, access_keys=access_keys)


if __name__ == "__main__":
    main()
