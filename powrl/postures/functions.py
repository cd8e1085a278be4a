"""Learning postures as a function, as the command does it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..configuration.pydantic_errors import explain
from ..engines.opening import open_engine
from ..environments.opening import Scenarios, require_readable
from ..errors import ConfigurationError, PowrlError
from ..parallel.jobs import Jobs, require_jobs
from ..parallel.run import run
from ..player.agent import load_agent
from ..player.agent_folder import AGENT_FILE, AgentSettings
from ..player.files import write_text_whole
from ..player.rules.attack_value import AttackValue
from ..player.rules.redispatching_settings import RedispatchingSettings
from ..storage.digest import digest_of
from ..storage.environment_digest import require_same_scenarios, scenario_digests
from ..storage.json_file import read_json_object
from ..storage.whole_folder import whole_folder
from ..workspace.runs import command_line, locked, run_folder
from ..workspace.shipped import find_agent
from ..workspace.versions import versions
from .learning import attack_values, choose_splits, load_growth, risk_tables
from .opponent import WeightedOpponent
from .play import Played, play_scenario
from .played_file import made_from, read_played, write_played
from .settings import PostureSettings

START_FILE, RESULT_FILE, SCENARIOS_FOLDER, AGENT_FOLDER = (
    "run.json",
    "postures.json",
    "scenarios",
    "agent",
)

Document = dict[str, Any]
"""What ``postures.json`` holds."""


def learn_postures(
    agent: str | Path,
    *,
    output: str | Path | None = None,
    jobs: Jobs = 2,
    on_start: Callable[[Path, int], None] = lambda *_: None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    **settings: Any,
) -> tuple[Path, Document]:
    """Learn what attacks come to, and which splits of a calm grid make them less harmful.

    Parameters
    ----------
    agent:
        Folder of the agent, or ``<environment>/<name>`` of a shipped one.
    output:
        The run folder; by default a new one in ``runs/``.
    jobs:
        Processes, or a Ray cluster (`powrl.parallel.jobs.RayJobs`); neither changes the result.
    on_start, on_progress:
        Called with the run folder and the number of scenarios, and with how many are done.
    **settings:
        Fields of `powrl.postures.settings.PostureSettings`.

    Returns
    -------
    folder, document:
        The run folder, whose ``agent/`` is the agent that has learned, and what was learned.

    Raises
    ------
    PowrlError
        A setting is impossible, the scenarios cannot be played, or their opponent draws no lines
        by their load.

    Examples
    --------
    >>> folder, document = powrl.learn_postures(  # doctest: +SKIP
    ...     "l2rpn_neurips_2020_track1/search", data="FOLDER", scenarios=".*_wk[13]"
    ... )
    """
    require_jobs(jobs)
    try:
        resolved = PostureSettings.model_validate(
            {"agent": str(find_agent(str(agent))), **settings}
        )
    except ValidationError as error:
        raise ConfigurationError(f"{explain(error, PostureSettings)}.") from error
    with run_folder("posture", output) as folder:
        _require_place(folder, resolved)
        scope = _scope(resolved)
        start = {
            "command": command_line(),
            "versions": versions(),
            "settings": resolved.model_dump(mode="json"),
            "agent": scope.agent,
            "files": scope.files,
        }
        write_text_whole(folder / START_FILE, json.dumps(start, indent=1) + "\n")
        on_start(folder, len(scope.files))
        return folder, _finish(folder, resolved, scope, jobs, on_progress)


def resume(
    folder: Path,
    *,
    jobs: Jobs = 2,
    on_start: Callable[[Path, int], None] = lambda *_: None,
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Document:
    """Go on with a run that was stopped; its parameters are those of `learn_postures`.

    Raises
    ------
    PowrlError
        It is no run folder of ``powrl posture``, its settings are damaged, or the agent or the
        scenarios are not those that it began with.
    """
    require_jobs(jobs)
    body = read_json_object(folder / START_FILE, "begin a new run")
    if not isinstance(body.get("settings"), dict):
        raise ConfigurationError(
            f"{folder} is no run folder of powrl posture: its {START_FILE} has no settings."
        )
    try:
        settings = PostureSettings.model_validate(body["settings"])
    except ValidationError as error:
        raise ConfigurationError(
            f"{folder / START_FILE}: {explain(error, PostureSettings)}; begin a new run."
        ) from error
    scope = _scope(settings)
    if body.get("agent") != scope.agent:
        raise PowrlError(
            f"the agent {settings.agent} is not as it was when {folder} began; restore it, or "
            "begin a new run."
        )
    files = body.get("files")
    before = files if isinstance(files, dict) else {}
    require_same_scenarios(before, scope.files, Path(settings.data), "run")
    with locked(folder):
        on_start(folder, len(scope.files))
        return _finish(folder, settings, scope, jobs, on_progress)


def _require_place(folder: Path, settings: PostureSettings) -> None:
    """Refuse a run inside what it reads: it would change it, and copy itself.

    Raises
    ------
    PowrlError
        It is inside the agent or the environment folder.
    """
    for key in ("agent", "data"):
        source = Path(getattr(settings, key)).resolve()
        if source in (folder.resolve(), *folder.resolve().parents):
            raise PowrlError(
                f"the run folder {folder} is inside {source}, which the run reads; choose another "
                "--output."
            )


@dataclass(frozen=True)
class _Scope:
    """What a run plays.

    Attributes
    ----------
    opponent:
        Of the environment.
    n_actions:
        Of the agent's action set.
    agent:
        Digest of the agent's folder.
    files:
        Names of the scenarios, sorted, and a digest of what each is played from.
    """

    opponent: WeightedOpponent
    n_actions: int
    agent: str
    files: dict[str, str]


def _scope(settings: PostureSettings) -> _Scope:
    """The scenarios to play, and the opponent of their environment."""
    AgentSettings.load(Path(settings.agent))
    for path in Path(settings.agent).rglob("*"):
        if not path.is_file() and (path.is_symlink() or not path.is_dir()):
            raise PowrlError(f"{path} is no plain file or folder; take it out of the agent.")
    source = Scenarios(Path(settings.data).name, settings.data, settings.scenarios)
    with closing(open_engine("fast", source, cached=False)) as engine:
        require_readable(engine.grid)
        engine.grid.reset()
        n_actions = len(load_agent(settings.agent, engine.grid).manager.actions)
        opponent, names = WeightedOpponent.from_environment(engine.grid), sorted(engine.scenarios)
    files = scenario_digests(Path(settings.data), names)
    return _Scope(opponent, n_actions, digest_of(Path(settings.agent)), files)


def _finish(
    folder: Path,
    settings: PostureSettings,
    scope: _Scope,
    jobs: Jobs,
    on_progress: Callable[[int, int], None],
) -> Document:
    """Play what has not been played yet, and write the agent."""
    played = _played(folder, settings, scope, jobs, on_progress)
    document = _learned(settings, scope, played)
    write_text_whole(folder / RESULT_FILE, json.dumps(document, indent=1) + "\n")
    _write_agent(folder, settings, scope.opponent, document)
    return document


def _played(
    folder: Path,
    settings: PostureSettings,
    scope: _Scope,
    jobs: Jobs,
    on_progress: Callable[[int, int], None],
) -> list[Played]:
    """What each scenario shows, in their order; those with a file are not played again."""
    (folder / SCENARIOS_FOLDER).mkdir(exist_ok=True)
    scenarios = list(scope.files)
    files = [folder / SCENARIOS_FOLDER / f"{name}.json" for name in scenarios]
    sources = [
        made_from(settings, scope.agent, scope.files[name], number)
        for number, name in enumerate(scenarios)
    ]
    before = {
        number: read_played(file, sources[number])
        for number, file in enumerate(files)
        if file.exists()
    }
    missing = [number for number in range(len(files)) if number not in before]
    done = len(files) - len(missing)
    on_progress(done, len(files))

    def keep(number: int, result: Played) -> None:
        nonlocal done
        write_played(files[missing[number]], result, sources[missing[number]])
        before[missing[number]] = result
        done += 1
        on_progress(done, len(files))

    tasks = [partial(play_scenario, settings, scenarios[number], number) for number in missing]
    run(tasks, jobs, keep, settings.folders())
    return [before[number] for number in range(len(files))]


def _learned(settings: PostureSettings, scope: _Scope, played: list[Played]) -> Document:
    opponent = scope.opponent
    attacks = [attack for one in played for attack in one.attacks]
    states = [state for one in played for state in one.states]
    if not states:
        raise PowrlError("no calm state was met; give more scenarios, or more --states.")
    if settings.attack_every:
        growth = load_growth(played, opponent.duration) if attacks else []
        values = attack_values(attacks, opponent.lines, growth) if attacks else []
    else:
        values, growth = _own_values(settings, opponent)
    value = AttackValue(len(opponent.lines), values, growth)
    single, double = risk_tables(states, value, scope.n_actions)
    postures, means, least = choose_splits(single[:, 0], single[:, 1:], settings.postures)
    additions, with_additions, _ = choose_splits(least, double, settings.additions)
    means += with_additions[1:]
    return {
        "attacks": {
            line: {
                "played": sum(one.line == line for one in attacks),
                "fatal": sum(one.line == line and one.is_fatal for one in attacks),
            }
            for line in opponent.lines
        },
        "states": len(states),
        "risk": [round(mean, 4) for mean in means],
        "least_risk": round(float(np.minimum(single.min(axis=1), double.min(axis=1)).mean()), 4),
        "opponent": asdict(opponent),
        "settings": {
            "attack_values": values,
            "load_growth": growth,
            "postures": postures,
            "posture_additions": additions,
        },
    }


def _own_values(
    settings: PostureSettings, opponent: WeightedOpponent
) -> tuple[list[list[float]], list[float]]:
    """What the agent itself has learned of these lines: coefficients, and growth of the load."""
    own = AgentSettings.load(Path(settings.agent)).overload.part(RedispatchingSettings)
    if own.contingencies != opponent.lines:
        return [], []
    return [list(one) for one in own.attack_values], list(own.load_growth)


def _write_agent(
    folder: Path, settings: PostureSettings, opponent: WeightedOpponent, document: Document
) -> None:
    """The agent with what was learned, in place of one that an earlier end of the run wrote.

    It is whole or not there.
    """
    before = AgentSettings.load(Path(settings.agent))
    overload = before.overload.replaced(
        contingencies=opponent.lines,
        attack_normalization=opponent.normalization,
        attack_pause=opponent.pause if opponent.pause > opponent.duration else 0,
        **document["settings"],
    )
    body = replace(before, overload=overload).to_json()
    target = folder / AGENT_FOLDER
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise PowrlError(f"{target} is no folder of this run; remove it, and go on with --resume.")
    if target.exists():
        shutil.rmtree(target)
    with whole_folder(target) as partial:
        shutil.copytree(settings.agent, partial, dirs_exist_ok=True)
        write_text_whole(partial / AGENT_FILE, json.dumps(body, indent=1) + "\n")
