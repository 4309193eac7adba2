"""`klingway demo`: the main job on the twin, each scene held against what it should come to."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.live import Live
from rich.table import Table
from rich.text import Text

from local.cli import render
from local.cli.backstage import Backstage
from local.cli.checks import Check, Outcome, check_episode, check_mistake, check_scene, check_whole
from local.cli.client import ApiError, Gateway
from local.cli.connection import json_option
from local.cli.downloads import download_file, files_of
from local.cli.episodes import EPISODES, Episode
from local.cli.following import TooLongError, follow
from local.cli.props import filled
from local.cli.scenes import MISTAKES, SCENES
from local.cli.stopping import StopRequestedError, stopping_on_signals
from local.cli.ways import Stage
from local.simulators.receiver import Receiver
from local.surroundings import leave_the_persons_aws_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.console import Console

    from local.cli.scenes import Act

_LONGEST_S: Final = 85.0
_TICK_S: Final = 0.2
_VIDEO: Final = "video.mp4"


@dataclass
class _Run:
    """How far the scenes are; written by their threads, shown by the main one."""

    states: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    stopping: threading.Event = field(default_factory=threading.Event)

    def elapsed_s(self, name: str) -> float:
        return self.ended.get(name, time.monotonic() - self.began)


@click.command("demo")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-results"),
    show_default=True,
    help="Where the files go, a folder for each job.",
)
@json_option
def demo_command(*, folder: Path, as_json: bool) -> None:
    """Run the main job on this machine, with simulated providers, and check all that it should do.

    It takes about 70 seconds: one job's callback is lost, and the poller finds its end within the minute; so long, too, a
    key that is revoked may still open; all else is over long before.
    Exit code 0 if everything was as it should be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    leave_the_persons_aws_alone()
    with stopping_on_signals():
        try:
            is_good = _demo(folder, as_json=as_json)
        except StopRequestedError:
            click.echo("Stopped.", err=True)
            raise SystemExit(130) from None
    if not is_good:
        raise SystemExit(1)


def _demo(folder: Path, *, as_json: bool) -> bool:
    from local.twin import Twin  # noqa: PLC0415 - takes a second, in which something should stand on the screen

    err = render.console(stderr=True)
    began = time.monotonic()
    with ExitStack() as stack:
        log = stack.enter_context((folder / "twin.log").open("w", encoding="utf-8"))
        with err.status("Starting the whole stack on this machine ...") if err.is_terminal else _nothing():
            receiver = stack.enter_context(Receiver())
            twin = stack.enter_context(
                Twin(webhook_origins=[receiver.url], log=lambda source, line: _write(log.write, source, line))
            )
        err.print(f"The stack is up at {twin.cloud.url} after {time.monotonic() - began:.1f} s.", markup=False)
        backstage = Backstage(twin, receiver)
        run = _play(backstage, folder, err)
        twin.cloud.settle()
        outcomes = run.outcomes
        checks = [check for scene in SCENES for check in check_scene(backstage, scene, outcomes[scene.name])]
        checks += [check for mistake in MISTAKES for check in check_mistake(mistake, outcomes[mistake.name])]
        checks += [check for episode in EPISODES for check in check_episode(episode, outcomes[episode.name])]
        checks += check_whole(backstage, SCENES, EPISODES)
    is_good = all(check.is_met for check in checks)
    if as_json:
        render.print_json(_as_json(outcomes, checks))
    else:
        _report(run, checks, folder, time.monotonic() - began)
    return is_good


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _write(write: Callable[[str], object], source: str, line: str) -> None:
    try:
        write(f"{source}: {line}\n")
    except ValueError:  # the file is closed: a thread's last words after the end
        return


# ------------------------------------------------------------------------------------------------------------ playing


def _play(backstage: Backstage, folder: Path, err: Console) -> _Run:
    run = _Run()
    everything: tuple[Act | Episode, ...] = (*SCENES, *MISTAKES, *EPISODES)
    for item in everything:
        run.states[item.name] = "waiting"
    # Threads of a pool are waited for at the interpreter's end; `stopping` has them give up at once.
    with ThreadPoolExecutor(len(everything)) as pool:
        try:
            futures = [pool.submit(_perform, backstage, item, folder, run) for item in everything]
            with _display(run, err) as update:
                while not all(future.done() for future in futures):
                    update()
                    time.sleep(_TICK_S)
                update()
        finally:
            run.stopping.set()
    for future in futures:
        future.result()
    return run


def _perform(backstage: Backstage, item: Act | Episode, folder: Path, run: _Run) -> None:
    """Play one scene or episode, in a thread of its own."""
    outcome = run.outcomes[item.name] = Outcome()

    def sleep(seconds: float) -> None:
        if run.stopping.wait(seconds):
            raise TooLongError

    try:
        with Gateway(backstage.twin.cloud.url, backstage.twin.key.api_key, sleep=sleep) as gateway:
            stage = Stage(gateway, backstage, folder / item.name, sleep)
            if isinstance(item, Episode):
                _play_episode(item, stage, outcome, run)
            else:
                _act(item, stage, outcome, run)
    except ApiError as error:
        outcome.trouble = str(error)
    except TooLongError:
        outcome.trouble = f"not over after {_LONGEST_S:g} s"
    except OSError as error:
        outcome.trouble = str(error)
    run.ended[item.name] = time.monotonic() - run.began


def _act(act: Act, stage: Stage, outcome: Outcome, run: _Run) -> None:
    """Ask for a job and follow it to its end.

    Raises:
        ApiError: Nobody answered.
        TooLongError: It does not end.
    """

    def show(job: Mapping[str, Any]) -> None:
        outcome.job = dict(job)
        run.states[act.name] = job["state"]

    try:
        job = act.way.ask(stage, filled(dict(act.request), stage), act.reference)
        follow(stage.gateway, job, timeout_s=_LONGEST_S, show=show, sleep=stage.sleep)
        files = files_of(outcome.job)
        outcome.files = [download_file(stage.gateway, outcome.job["id"], file, stage.folder) for file in files]
    except ApiError as error:
        if error.status is None:
            raise
        outcome.refusal = error.document
        run.states[act.name] = "refused"


def _play_episode(episode: Episode, stage: Stage, outcome: Outcome, run: _Run) -> None:
    """Play an episode; what was checked before it broke off stays.

    Raises:
        ApiError: A call was refused that should not have been, or not answered.
        TooLongError: Something did not come about.
    """
    run.states[episode.name] = "playing"
    for check in episode.checks(stage):
        outcome.checks.append(check)
    run.states[episode.name] = "played"


# ------------------------------------------------------------------------------------------------------------ showing


@contextmanager
def _display(run: _Run, err: Console) -> Iterator[Callable[[], None]]:
    """Show how far the scenes are: a table that moves at a terminal, else a line for each change."""
    titles = {item.name: item.title for item in (*SCENES, *MISTAKES, *EPISODES)}
    if err.is_terminal:
        with Live(_progress_table(run, titles), console=err, transient=True, refresh_per_second=8) as live:
            yield lambda: live.update(_progress_table(run, titles))
        return
    shown: dict[str, str] = {}

    def lines() -> None:
        for name, state in run.states.items():
            if shown.get(name) != state:
                shown[name] = state
                err.print(f"{run.elapsed_s(name):5.1f} s  {name}: {state}", markup=False)

    yield lines


def _progress_table(run: _Run, titles: Mapping[str, str]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, title in titles.items():
        elapsed = Text(f"{run.elapsed_s(name):.0f} s", justify="right")
        table.add_row(Text(name, style="bold"), render.state(run.states[name]), elapsed, Text(title, style="dim"))
    return table


def _report(run: _Run, checks: list[Check], folder: Path, took_s: float) -> None:
    out = render.console()
    for mistake in MISTAKES:
        out.print(f"\n{mistake.name}: {mistake.title}", style="bold")
        said = run.outcomes[mistake.name].refusal
        if said:
            error = ApiError(said["title"], said["detail"], said["status"], said["problems"], said)
            out.print(render.refusal_of(error))
    out.print("\n", _result_table(run), sep="")
    if key := next((video["s3_uri"] for video in map(_video, run.outcomes.values()) if video), None):
        out.print(f"\nEach job's files lie in its bucket, for example {key}", style="dim", markup=False, soft_wrap=True)
    out.print("\nChecked:", style="bold")
    out.print(_checked(checks))
    wrong = sum(not check.is_met for check in checks)
    verdict = f"{len(checks)} checks, " + (f"{wrong} of them NOT met" if wrong else "all met")
    out.print(f"\n{verdict}, in {took_s:.0f} s. Videos: {folder}/*/{_VIDEO}; log: {folder}/twin.log", markup=False)


def _checked(checks: list[Check]) -> Table:
    """Return what was checked of each scene; what was checked of every film alike is said once."""
    own = {name: [check for check in checks if check.scene == name] for name in dict.fromkeys(c.scene for c in checks)}
    of_films = [{check.what for check in own[scene.name]} for scene in SCENES]
    shared = set.intersection(*of_films) if of_films else set()
    listed = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    in_order = dict.fromkeys(check.what for check in checks if check.what in shared)
    listed.add_row("", Text("every film", style="bold"), Text(", ".join(in_order), style="dim"))
    films = {scene.name for scene in SCENES}
    for name, of_scene in own.items():
        bad = [check for check in of_scene if not check.is_met]
        mark = Text("ok", style="green") if not bad else Text("WRONG", style="bold red")
        said = dict.fromkeys(check.what for check in of_scene if name not in films or check.what not in shared)
        listed.add_row(mark, Text(name, style="bold"), Text(", ".join(said), style="dim"))
        for check in bad:
            listed.add_row(
                "", "", Text(f"{check.what}: expected {check.expected!r}, found {check.found!r}", style="red")
            )
    return listed


def _result_table(run: _Run) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("scene", "provider", "learnt by", "took", "job", "bytes", "film"):
        right = name in {"took", "bytes", "film"}
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for item in (*SCENES, *MISTAKES, *EPISODES):
        outcome = run.outcomes[item.name]
        video = _video(outcome)
        table.add_row(
            Text(item.name, style="bold"),
            str(outcome.job.get("provider", "-")),
            outcome.job.get("learnt_by") or render.state(run.states[item.name]),
            f"{run.ended[item.name]:.1f} s",
            outcome.job.get("id", "-"),
            str(video["size_bytes"]) if video else "-",
            f"{video['duration_s']:.2f} s" if video and "duration_s" in video else "-",
        )
    return table


def _video(outcome: Outcome) -> dict[str, Any] | None:
    files = (outcome.job.get("result") or {}).get("files", [])
    return next((file for file in files if file["role"] in {"video", "image"}), None)


def _as_json(outcomes: Mapping[str, Outcome], checks: list[Check]) -> dict[str, Any]:
    return {
        "ok": all(check.is_met for check in checks),
        "jobs": {name: outcome.job for name, outcome in outcomes.items() if outcome.job},
        "refusals": {name: outcome.refusal for name, outcome in outcomes.items() if outcome.refusal},
        "files": [str(path) for outcome in outcomes.values() for path in outcome.files],
        "checks": [
            {
                "scene": check.scene,
                "what": check.what,
                "expected": check.expected,
                "found": check.found,
                "ok": check.is_met,
            }
            for check in checks
        ],
    }
