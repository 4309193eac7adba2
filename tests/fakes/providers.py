"""A provider that does as it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from klingway.domain.capabilities import Capability, Confidence, Expected, ModelProfile, ProviderProfile
from klingway.domain.ids import ProviderName
from klingway.domain.request import AnyRequest
from klingway.providers.contract import ElementRegistry, Outcome, Provider, ProviderError, Running, Task, WireRequest

NAME = ProviderName("scripted")


def profile(
    *,
    name: ProviderName = NAME,
    calls_back: bool = True,
    finds_by_reference: bool = True,
    is_claimed_by_id: bool = False,
) -> ProviderProfile:
    model = ModelProfile(
        source="the test",
        supports=dict.fromkeys(Capability, Confidence.DOCUMENTED),
        limits=(),
        prices=None,
        expected=Expected(early_s=60, usual_s=180, late_s=420, source="the test"),
    )
    return ProviderProfile(
        name=name,
        models={"kling-v3-omni": model},
        image_models={"kling-v3-omni": model},
        calls_back=calls_back,
        finds_by_reference=finds_by_reference,
        is_claimed_by_id=is_claimed_by_id,
        rules_as_of=date(2026, 2, 10),
    )


@dataclass
class ScriptedProvider:
    """Answers calls from lists; an exception in a list is raised. Tasks it made are found by their reference."""

    profile: ProviderProfile = field(default_factory=profile)
    account: str | None = "main"
    submissions: list[str | Exception] = field(default_factory=list)
    """The answers to submissions: a task id, or what is raised. A task id is given out by itself when this is empty."""
    effects: list[bool] = field(default_factory=list)
    """For each failing submission, whether a task was created all the same."""
    outcomes: list[Outcome | ProviderError] = field(default_factory=list)
    """The answers to queries, in order; the last one stays. Running when empty."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Task id by reference."""
    submitted: list[WireRequest] = field(default_factory=list)
    checked: int = 0
    found: int = 0
    on_render: Any = None
    """Called before a request is rendered, which is before its row says `submitting`."""
    on_submit: Any = None
    """Called before a submission answers: what happens in between."""
    created_at: Any = None
    elements: ElementRegistry | None = None

    @property
    def has_credential(self) -> bool:
        return self.account is not None

    def render(self, request: AnyRequest, *, reference: str, callback_url: str | None) -> WireRequest:
        if self.on_render is not None:
            self.on_render()
        body = {"reference": reference, "callback_url": callback_url, **request.model_dump(exclude_unset=True)}
        return WireRequest("/tasks", body, {"path": "/tasks"})

    def submit(self, wire: WireRequest, *, timeout_s: float) -> Task:
        self.submitted.append(wire)
        reference = wire.body["reference"]
        answer = self.submissions.pop(0) if self.submissions else f"task-{len(self.tasks) + 1}"
        if isinstance(answer, str) or (self.effects and self.effects.pop(0)):
            self.tasks[reference] = answer if isinstance(answer, str) else f"task-{len(self.tasks) + 1}"
        if self.on_submit is not None:
            self.on_submit()
        if isinstance(answer, Exception):
            raise answer
        return self._task(answer, Running(), reference)

    def check(self, handle: Mapping[str, Any]) -> Task:
        self.checked += 1
        return self._task(handle["task_id"], self._outcome(), None)

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:
        self.found += 1
        task_id = self.tasks.get(reference)
        return None if task_id is None else self._task(task_id, self._outcome(), reference)

    def handle_for(self, handle: Mapping[str, Any], task_id: str) -> Mapping[str, Any]:
        return {**handle, "task_id": task_id}

    def _outcome(self) -> Outcome:
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0] if self.outcomes else Running()
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    def _task(self, task_id: str, outcome: Outcome, reference: str | None) -> Task:
        handle = {"path": "/tasks", "task_id": task_id}
        return Task(task_id=task_id, handle=handle, outcome=outcome, reference=reference, created_at=self.created_at)


class OneProvider:
    """A gateway with this provider alone."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def names(self) -> Sequence[ProviderName]:
        return (NAME,)

    def get(self, name: ProviderName) -> Provider:
        assert name == NAME
        return self._provider


class SeveralProviders:
    """A gateway with these providers, by the names of their profiles."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = {ProviderName(provider.profile.name): provider for provider in providers}

    def names(self) -> Sequence[ProviderName]:
        return tuple(self._providers)

    def get(self, name: ProviderName) -> Provider:
        return self._providers[name]
