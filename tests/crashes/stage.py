"""A whole gateway in this process, whose time jumps and whose processes can be killed at any call that they make.

The handlers are the real ones, on the template's own resources under moto, with the real provider modules against the
simulators. What AWS does between the functions is done by the stage's clock: see `queues`, `table` (the stream) and `workflow`;
the poller runs in each minute in which something is due.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from klingway import bootstrap
from klingway.adapters import http
from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.domain.ids import Tenant
from klingway.domain.keys import Keyring
from klingway.use_cases.manage_keys import ManageKeys
from klingway.use_cases.ports import Posted
from moto.s3.models import s3_backends

from local.cloud.deploy import deploy_in_process
from local.cloud.http_api import event_of
from local.twin import TEMPLATE, base_url_parameter, secret_output
from tests.crashes.agenda import Agenda
from tests.crashes.calls import Calls, watch_aws
from tests.crashes.processes import Processes
from tests.crashes.queues import Queues
from tests.crashes.table import Stream, Table
from tests.crashes.throttles import Throttles
from tests.crashes.upstream import API_KEY, Films, Upstream
from tests.crashes.workflow import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pytest
    from klingway.domain.budgets import Caps

    from tests.crashes.points import Crash

REGION = "eu-central-1"
HOST = "gateway.example"
TENANT = "acme"
LATE = timedelta(days=6)
"""After so long a careful client may still ask again: idempotency keys are good for seven days."""
MOST_STEPS = 100
"""No journey has so many; what still goes on then goes round in circles."""


@dataclass(frozen=True)
class Answer:
    """What a caller is answered."""

    status: int
    body: Any


class Stage:
    """The gateway and its surroundings."""

    def __init__(self, patch: pytest.MonkeyPatch, films: Films) -> None:
        self.agenda, self.calls, self.throttles = Agenda(), Calls(), Throttles()
        self.upstream = Upstream(patch, self.agenda, self.calls, films, self._called_back)
        self.stack = deploy_in_process(TEMPLATE, self._parameters(), REGION)
        self.bucket, self.s3 = self.stack.outputs["BucketName"], boto3.client("s3")
        self._key = self._furnish()
        self._budgets = DynamoDbBudgets(boto3.client("dynamodb"), self.stack.outputs["TableName"])
        self.processes = Processes(self.stack, self.calls)
        self.queues = Queues(self.stack, self.agenda, self.processes)
        self.table = Table(self.stack)
        self.stream = Stream(self.stack, self.table, self.processes)
        self.machine = Machine(self.agenda, self.processes)
        watch_aws(
            self.calls,
            self.throttles,
            {
                "SendMessage": self.queues.sent,
                "SendMessageBatch": self.queues.sent_many,
                "PutEvents": self._published,
                "StartExecution": self.machine.start,
                "SendTaskSuccess": self.machine.succeed,
                "SendTaskFailure": self.machine.fail,
            },
        )
        patch.setattr(bootstrap, "now", self.agenda.now)
        patch.setattr(http.HttpxCalls, "call", lambda _, *call, **said: self.upstream.call(*call, **said))
        patch.setattr(http.GuardedMedia, "open", lambda _, url: self.upstream.open(url))
        patch.setattr(http.GuardedPosts, "post", lambda _, url, body, headers: self._posted(url, body, headers))

    def begin(
        self,
        crash: Crash | None,
        *,
        asks_at_once: bool,
        receiver: Sequence[int],
        caps: Caps | None,
        longest: timedelta,
        throttled_each: int | None = None,
    ) -> None:
        """Clear the stage for another journey.

        Args:
            crash: Where a process is killed.
            asks_at_once: Whether a caller who is not answered asks again in a second; else when all has settled.
            receiver: What the receiver of posts answers first; afterwards all is well with him.
            caps: What the tenant may spend.
            longest: After how long nothing is to be due any more; what still is then is due for ever.
            throttled_each: Of how many calls to table and bucket one is refused; None: all are taken.
        """
        self.asks_at_once, self._receiver, self._longest = asks_at_once, list(receiver), longest
        self.events: list[Mapping[str, Any]] = []
        """As `PutEvents` has them, each `Detail` read."""
        self.posts: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.agenda.reset()
        self.upstream.reset()
        self.machine.reset()
        self.table.reset()
        self.stream.reset()
        self.queues.dead_letters.clear()
        self._empty_bucket()
        self.processes.kill_all()
        self.calls.forget(crash)
        self.throttles.begin(throttled_each)
        if caps is not None:
            self._budgets.set_caps(Tenant(TENANT), caps, self.agenda.now())

    def take_for_granted(self, crash: Crash | None) -> None:
        """Have all that has happened be what was there before; what was told of it is forgotten.

        Args:
            crash: Where a process is killed from here on.
        """
        self.events.clear()
        self.posts.clear()
        self.table.take_for_granted()
        self.upstream.take_for_granted()
        self.calls.forget(crash)

    # ----------------------------------------------------------------------------------------------- what goes in

    def ask(self, path: str, body: Mapping[str, Any], *, method: str = "POST", **headers: str) -> Answer:
        """Ask the API as a careful client does: where no answer comes, the same again under the same key."""
        while (answer := self._asked(method, path, body, headers)) is None or answer.status >= 500:
            if self.asks_at_once:
                self.agenda.pass_time(1)
            else:
                self.settle(within=LATE)
        return answer

    def _asked(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer | None:
        said = {"host": HOST, "authorization": f"Bearer {self._key}", "content-type": "application/json"}
        given = said | {name.replace("_", "-"): value for name, value in headers.items()}
        event = event_of(method, path, given, json.dumps(body).encode(), source_ip="203.0.113.7")
        answer = self.processes.invoke("api", event)
        return None if answer is None else Answer(answer["statusCode"], json.loads(answer.get("body") or "null"))

    def drop(self, key: str, body: Mapping[str, Any]) -> None:
        """Put a file into the bucket; the rule tells the intake of it."""
        text = json.dumps(body).encode()
        etag = self.s3.put_object(Bucket=self.bucket, Key=key, Body=text)["ETag"].strip('"')
        found = {"key": key, "size": len(text), "etag": etag, "sequencer": "0001"}
        self._tell({"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": found}})

    def request(self, detail: Mapping[str, Any]) -> None:
        """Put a `Video Requested` on the bus."""
        self._tell({"source": "shop", "detail-type": "Video Requested", "detail": detail})

    def _tell(self, event: Mapping[str, Any]) -> None:
        self.queues.to_intake(json.dumps({"id": "5b1f2f5e-0000-4000-8000-000000000001", **event}))

    def _called_back(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        subject, token = url.removeprefix(f"https://{HOST}/callbacks/").split("/")
        event = {
            "pathParameters": {"subject": subject, "token": token},
            "headers": {name.lower(): value for name, value in headers.items()},
            "body": body.decode(),
        }
        answer = self.processes.invoke("callback", event)
        return None if answer is None else int(answer["statusCode"])

    # ------------------------------------------------------------------------------------------------ what goes on

    def settle(self, *, within: timedelta | None = None) -> None:
        """Let everything go on by itself until nothing is left to happen, or only what comes much later, or never ends."""
        end = self.agenda.now() + (within or self._longest)
        for _ in range(MOST_STEPS):
            self.stream.show()
            moments = [moment for moment in (self.agenda.next_at(), self._next_poll()) if moment is not None]
            if not moments or min(moments) > end:
                return
            if self.agenda.next_at() == min(moments):
                self.agenda.happen()
            else:
                self.agenda.go_on_to(min(moments))
                self.processes.invoke("poller", {})

    def _next_poll(self) -> datetime | None:
        due = self.table.due()
        if not due:
            return None
        # Each minute, so a moment after the row has fallen due; never twice in one.
        at = self.agenda.now().replace(second=0, microsecond=0)
        first_s = max(min(due.values()), at.timestamp() + 1)
        return at + timedelta(minutes=-(-(first_s - at.timestamp()) // 60))

    # ----------------------------------------------------------------------------------------------- what comes out

    def objects(self) -> dict[str, bytes]:
        """Return what lies in the bucket, by key."""
        return {key: found.value for key, found in self._moto_bucket().keys.items()}

    def unfinished(self) -> list[str]:
        """Return what should not be left when all has settled: anything that is due, waits, was given up, or failed.

        Caps alone fall due each day, as long as there are any.
        """
        rows = [*self.table.left(), *self.table.rows()]
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [
            *(f"due: {row}" for row in rows if "due_at" in row and row["sk"] != "caps"),
            *(f"still to happen: at {at}" for at in [self.agenda.next_at()] if at is not None),
            *(f"an execution that runs: {name}" for name in self.machine.running()),
            *(f"a dead letter: {body}" for body in self.queues.dead_letters),
            *(f"never told: {keys}" for keys in self.stream.given_up),
            *(f"an exception: {error}" for error in self.processes.exceptions),
            *(f"an upload left open: {upload['Key']}" for upload in uploads),
        ]

    def _published(self, said: Mapping[str, Any]) -> None:
        self.events += [{**entry, "Detail": json.loads(entry["Detail"])} for entry in said["Entries"]]

    def _posted(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        self.calls.before("receiver:POST")
        self.posts.append((url, body, headers))
        status = self._receiver.pop(0) if self._receiver else 204
        self.calls.after()
        return Posted(status, None)

    # ---------------------------------------------------------------------------------------------------- furniture

    def _parameters(self) -> dict[str, str]:
        simulators = self.upstream.simulators
        urls = {base_url_parameter(name): simulator.url for name, simulator in simulators.items()}
        return urls | {
            "PublicBaseUrl": f"https://{HOST}",
            "TriggerTenant": TENANT,
            "TrustedMediaOrigins": ",".join(simulator.url for simulator in simulators.values()),
        }

    def _furnish(self) -> str:
        """Set the providers' credentials; return a new key of the tenant's."""
        secrets, outputs = boto3.client("secretsmanager"), self.stack.outputs
        for name in self.upstream.simulators:
            secrets.put_secret_value(
                SecretId=outputs[secret_output(name)], SecretString=json.dumps({"api_key": API_KEY})
            )
        master = secrets.get_secret_value(SecretId=outputs["MasterSecretArn"])["SecretString"]
        keyring = Keyring.of(json.loads(master))
        register = DynamoDbKeys(boto3.client("dynamodb"), outputs["TableName"])
        return ManageKeys(register=register, keyring=lambda: keyring, now=self.agenda.now).issue(TENANT).api_key

    def _moto_bucket(self) -> Any:
        return s3_backends[self.stack.account]["global"].buckets[self.bucket]

    def _empty_bucket(self) -> None:
        """Empty the bucket."""
        bucket = self._moto_bucket()
        for key in bucket.keys.values():
            key.dispose()
        bucket.keys.clear()
        bucket.multiparts.clear()
