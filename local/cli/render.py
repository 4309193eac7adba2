"""How jobs, lists, refusals and progress look at a terminal.

What was asked for goes to standard output, all else to standard error, so that a pipe gets the answer alone.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local.cli.client import ApiError

_STYLES: Final = {
    "succeeded": "green",
    "failed": "red",
    "canceled": "red",
    "refused": "yellow",
    "unconfirmed": "yellow",
    "running": "cyan",
    "storing": "cyan",
    "submitting": "cyan",
    "preparing": "cyan",
    "pending": "cyan",
    "delivered": "green",
    "gone": "yellow",
}
_PIPE_WIDTH: Final = 160
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_KILO: Final = 1000


def console(*, stderr: bool = False) -> Console:
    """Return a console; one that writes into a pipe does not fold lines at 80 columns."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_PIPE_WIDTH)


def print_json(value: object) -> None:
    """Print JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """Say something to the person at the terminal."""
    console(stderr=True).print(text, style="dim", markup=False)


def refusal(error: ApiError, *, as_json: bool = False) -> None:
    """Say what the gateway refused: with JSON the problem document, on standard output; else readable, on standard error."""
    if as_json:
        print_json(error.document)
        return
    console(stderr=True).print(refusal_of(error))


def refusal_of(error: ApiError) -> RenderableType:
    """Return a refusal with every field, what is wrong with it, and what would be accepted."""
    head = Text.assemble(
        (error.title, "bold red"), (f" ({error.status})" if error.status else "", "red"), ": ", error.detail
    )
    if not error.problems:
        return head
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(style="bold", no_wrap=True)
    # Several providers may each say something about one field.
    if whose := any(problem.get("provider") for problem in error.problems):
        table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for problem in error.problems:
        said = Text(str(problem.get("message", "")))
        limit = limit_text(problem["limit"]) if problem.get("limit") is not None else ""
        # A message that names the limit already says it better.
        details = [f"accepted: {limit}"] if any(word not in said.plain for word in limit.split(", ")) else []
        if problem.get("accepted_by"):
            details.append(f"accepted by: {', '.join(problem['accepted_by'])}")
        if problem.get("source"):
            details.append(f"source: {problem['source']}")
        if details:
            said.append("\n" + "; ".join(details), style="dim")
        provider = [Text(str(problem.get("provider") or ""))] if whose else []
        table.add_row(Text(str(problem.get("field", ""))), *provider, said)
    return Group(head, table)


def limit_text(limit: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a limit in words: `3 to 15`, `16:9, 9:16, 1:1`."""
    if isinstance(limit, list):
        return ", ".join(str(value) for value in limit) or "nothing"
    if isinstance(limit, dict):
        rest = dict(limit)
        words = []
        for unit in ("", "_chars", "_items", "_bytes"):
            low, high = rest.pop(f"min{unit}", None), rest.pop(f"max{unit}", None)
            name = unit.replace("_chars", " characters").replace("_", " ")
            if low is not None and high is not None:
                words.append(f"{low} to {high}{name}")
            elif low is not None or high is not None:
                words.append(f"at least {low}{name}" if high is None else f"at most {high}{name}")
        return ", ".join([*words, *(f"{name} {value}" for name, value in rest.items())])
    return str(limit)


def state(value: str) -> Text:
    """Return a state in its colour."""
    return Text(value, style=_STYLES.get(value, ""))


def job(said: Mapping[str, Any]) -> None:
    """Print a job."""
    out = console()
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(said):
        table.add_row(name, value)
    out.print(table)
    results = [said["result"]] if said.get("result") else []
    for result in (*results, *(said.get("late_results") or [])):
        out.print()
        out.print(_files(result["files"]))
        # Addresses are printed by themselves: folded in a table they could be neither copied nor opened.
        for file in result["files"]:
            out.print(f"\n{file['s3_uri']}\n{file['url']}", style="dim", markup=False, soft_wrap=True)


def _rows(said: Mapping[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    yield "job", Text(said["id"], style="bold")
    yield "state", state(said["state"])
    if error := said.get("error"):
        code = error["code"] + (f" ({error['provider_code']} at the provider)" if error.get("provider_code") else "")
        again = "may succeed at another time" if error["retryable"] else "will not succeed as it is"
        yield "error", Text(f"{code}: {error['message']}; {again}", style="red")
    yield "provider", Text(f"{said['provider']}, {said['model']}")
    if said.get("route_reason"):
        yield "route", Text(said["route_reason"])
    if prompt := _prompt(said):
        yield "prompt", Text(prompt)
    if said.get("reference"):
        yield "reference", Text(said["reference"])
    yield "created", said["created_at"]
    if said.get("finished_at"):
        took_s = seconds_between(said["created_at"], said["finished_at"])
        learnt = f", learnt by {said['learnt_by']}" if said.get("learnt_by") else ""
        yield "finished", f"{said['finished_at']}, after {took_s:.1f} s{learnt}"
    if price := said.get("price"):
        yield "price", f"{price['amount']} {price['currency']} ({price['source']})"
    for attempt in said.get("attempts", []):
        text = f"{attempt['number']}: {attempt['provider']} {attempt['task_id'] or '-'} "
        tries = f", {attempt['tries']} calls" if attempt["tries"] > 1 else ""
        why = f": {attempt['error']['message']}" if attempt.get("error") else ""
        yield "attempt", Text.assemble(text, state(attempt["state"]), tries, why)
    for late in said.get("late_results") or []:
        yield (
            "late",
            Text(f"attempt {late['attempt']} at {late['provider']} has brought its result at {late['stored_at']}"),
        )
    for warning in said.get("warnings") or []:
        yield "warning", Text(warning, style="yellow")


def _files(files: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("file", "size", "duration", "picture", "sha256"):
        table.add_column(name, justify="right" if name in {"size", "duration"} else "left", overflow="fold")
    for file in files:
        table.add_row(
            Text(file["name"]),
            size(file["size_bytes"]),
            f"{file['duration_s']:.2f} s" if file.get("duration_s") is not None else "",
            f"{file['width']} x {file['height']}" if file.get("width") else "",
            file["sha256"][:12] + "…",
        )
    return table


def deliveries(said: Sequence[Mapping[str, Any]]) -> None:
    """Print the deliveries about a job, each with its tries."""
    if not said:
        note("Nothing was sent about it: it has not ended, or names no webhook.")
        return
    out = console()
    for delivery in said:
        head = Text.assemble(state(delivery["state"]), f"  {delivery['event']}  {delivery['kind']}  {delivery['id']}")
        out.print(head)
        out.print(f"  {delivery['address']}", style="dim", markup=False, soft_wrap=True)
        for each in delivery["tries"]:
            came = ", ".join(str(each[name]) for name in ("status", "error") if each.get(name) is not None) or "done"
            out.print(f"  {each['at']}  {each['took_ms']} ms  {came}", markup=False)


def job_list(jobs: Sequence[Mapping[str, Any]], next_cursor: str | None) -> None:
    """Print a list of jobs."""
    if not jobs:
        note("No jobs.")
        return
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name, narrowest in {"job": 30, "state": 9, "age": 5, "provider": 8, "reference": None, "prompt": None}.items():
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=narrowest)
    for said in jobs:
        age = short_age(seconds_between(said["created_at"], None))
        row = (said["provider"], said.get("reference") or "", " ".join(_prompt(said).split()))
        table.add_row(said["id"], state(said["state"]), age, *(Text(value) for value in row))
    console().print(table)
    if next_cursor:
        note(f"There are more: --all, or --cursor {next_cursor}")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, its heads alone where there are no rows."""
    made = Table(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    console().print(made)


def _prompt(said: Mapping[str, Any]) -> str:
    request = said.get("request") or {}
    shots = [shot["prompt"] for shot in request.get("shots") or []]
    return str(request.get("prompt") or " / ".join(shots))


def size(count: int) -> str:
    """Return a number of bytes as people say it."""
    if count < _KILO:
        return f"{count} B"
    return f"{count / _KILO:.1f} kB" if count < _KILO**2 else f"{count / _KILO**2:.1f} MB"


def short_age(seconds: float) -> str:
    """Return an age in one unit."""
    for unit_s, name in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= unit_s:
            return f"{int(seconds // unit_s)} {name}"
    return f"{max(0, int(seconds))} s"


def seconds_between(begin: str, end: str | None) -> float:
    """Return the seconds between two of the API's times; to now where there is no second one."""
    finish = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return (finish - datetime.fromisoformat(begin)).total_seconds()


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Show a job's progress: a line that moves at a terminal, else a line for each change.

    Args:
        quiet: Show nothing.
    """
    err = console(stderr=True)
    if quiet:
        yield lambda _said: None
        return
    if not err.is_terminal:
        yield _Lines(err)
        return
    columns = (SpinnerColumn(finished_text=" "), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("")
        began = time.monotonic()

        def show(said: Mapping[str, Any]) -> None:
            attempts = len(said.get("attempts", []))
            elapsed = f"{time.monotonic() - began:.0f} s"
            line = Text.assemble(
                state(said["state"]), f"  {elapsed}  {said['id']}  {said['provider']}, attempt {max(1, attempts)}"
            )
            progress.update(task, description=line.markup)

        yield show


class _Lines:
    """Prints a line for each change of state."""

    def __init__(self, err: Console) -> None:
        self._err, self._last, self._began = err, "", time.monotonic()

    def __call__(self, said: Mapping[str, Any]) -> None:
        now = f"{said['state']}, attempt {max(1, len(said.get('attempts', [])))}"
        if now != self._last:
            self._last = now
            self._err.print(f"{time.monotonic() - self._began:6.1f} s  {said['id']}  {now}", markup=False)


@contextmanager
def downloading(*, quiet: bool = False) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Show downloads: call it with a name and a size for a function that is told the bytes received."""
    err = console(stderr=True)
    if quiet or not err.is_terminal:
        yield lambda _name, _size: lambda _received: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True) as progress:

        def begin(name: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(name, total=total)
            return lambda received: progress.update(task, completed=received)

        yield begin
