"""Playing on from a recorded step with another agent or action: what would have happened."""

from __future__ import annotations

import logging
import math
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
from grid2op.Action import BaseAction
from grid2op.Environment import Environment
from grid2op.Exceptions import Grid2OpException

from ...environments.opening import Scenarios, open_environment
from ...errors import PowrlError
from ...player.errors import did_you_mean
from ...player.files import checked_path, refusing_unwritable, require_writable, write_text_whole
from ...storage.json_file import parse_json
from ...storage.temporary import temporary_folder
from ...workspace.cache import cache_folder
from ..contest import Contest, PlannedEpisode
from ..contestants.base import Contestant
from ..contestants.own import PowrlContestant
from ..contestants.parsing import parse_contestants
from ..fingerprint import Fingerprint, read_request
from ..isolation.client import Task, run_isolated
from ..observed_values import SeenObservations
from ..official import copy_environment
from ..recorded_decisions import continued
from ..recording import Recording, recording_from
from ..results import EpisodeScore
from ..run_folder import RunFolder
from ..watched_agent import WatchedAgent
from .episodes import ShownEpisode, episodes_of
from .functions import find_score
from .page import replay_page
from .stages import Grid2opStage, Stage, SteppedStage, stepper_refusal

log = logging.getLogger(__name__)

DO_NOTHING, OF_THE_USER = "DoNothing", "given"
"""The baseline that needs no observation, and what a reason says of an action of the user."""

ACTION_EXAMPLE = """give one like {"set_line_status": [["NAME", -1]]}"""

_GRID2OP_ERRORS = (
    *(Grid2OpException, TypeError, ValueError, IndexError, KeyError, AttributeError),
    *(AssertionError, RuntimeError),
)
"""What grid2op raises of an impossible action."""

_RECORDING = "recording.npz"
LOAD_TOLERANCE = 1
"""By so many percentage points a load may differ from the recorded one, which is rounded."""


@dataclass(frozen=True)
class Continuation:
    """What would have happened.

    Attributes
    ----------
    page:
        Page with the recorded episode and the other one, side by side.
    place:
        The part of a link that leads to the step.
    recorded, other:
        Steps that were survived, and that would have been.
    max_steps:
        Steps of the scenario.
    engine:
        What played it: ``"stepper"`` or ``"grid2op"``.
    """

    page: Path
    place: str
    recorded: int
    other: int
    max_steps: int
    engine: str


def play_on(
    run: str | Path,
    scenario: str,
    step: int,
    *,
    agent: str | None = None,
    action: str | None = None,
    recorded: str | None = None,
    seed: int | None = None,
    output: str | Path | None = None,
) -> Continuation:
    """Play on from a recorded step, and show both courses on a page.

    Parameters
    ----------
    run, scenario, seed, output:
        As in `powrl.scoring.replay.functions.replay`.
    step:
        The first step that is played otherwise; all before are played as they are recorded.
    agent:
        The agent that plays on: as ``powrl score`` takes it, or the name of one of the run. By
        default that of the episode. It does not remember what was before `step`.
    action:
        An action for `step` in place of the agent's: JSON, as ``action_space`` of grid2op takes
        it.
    recorded:
        Agent whose episode it is; by default the first that is no baseline.

    Raises
    ------
    PowrlError
        The run has no such episode or step, its environment is not what it was, or agent and
        action are not possible.

    Examples
    --------
    >>> play_on("runs/score-20260101-120000", "002", 30, agent="DoNothing")  # doctest: +SKIP
    """
    if agent is None and action is None:
        raise PowrlError(
            "say what is done otherwise from that step on: give an agent or an action."
        )
    files = RunFolder(checked_path(run, "run"))
    folder = files.path if output is None else checked_path(output, "output")
    require_writable(folder)
    score = find_score(files, episodes_of(files, scenario, seed), recorded, seed)
    course = Course(score, files.recording(score), step)
    request, fingerprint = read_request(files.request)
    contestants = parse_contestants(request.agents, names=request.names)
    contestant = _contestant(contestants, agent or score.agent)
    contest = request.plan((*dict.fromkeys((contestants[0], contestant)),))
    play = play_apart if contestant.is_foreign else play_course
    steps, engine, recording = play(contest, fingerprint, course, contestant, action)
    page = folder / f"replay-{quote(scenario, safe=' ')}-from-{step}.html"
    with refusing_unwritable(page.parent):
        page.parent.mkdir(parents=True, exist_ok=True)
        write_text_whole(page, _page(run, course, contestant.name, recording))
    place = urlencode({"scenario": scenario, "seed": score.seed, "step": step})
    return Continuation(page, place, score.steps, steps, score.max_steps, engine)


@dataclass(frozen=True)
class Course:
    """A recorded episode, and the step from which on it is played otherwise.

    Raises
    ------
    PowrlError
        The recording has no such step, or an older version made it.
    """

    score: EpisodeScore
    recording: Recording
    step: int

    def __post_init__(self) -> None:
        steps = len(self.recording)
        if not 0 <= self.step < steps:
            raise PowrlError(f"there is no step {self.step}; the episode has 0 to {steps - 1}.")
        if not self.recording.is_complete:
            raise PowrlError(
                "the recording is of an older version and lacks its actions; score anew to play on."
            )

    def action(self, environment: Environment, step: int) -> BaseAction:
        """The action that was played in a step."""
        vector = environment.action_space({}).to_vect()
        at = self.recording.actions_at[:, 0] == step
        vector[self.recording.actions_at[at, 1]] = self.recording.actions_values[at]
        return environment.action_space.from_vect(vector)

    def require_same(self, loads: np.ndarray, step: int) -> None:
        """Refuse an episode that does not go as it is recorded.

        Raises
        ------
        PowrlError
            A load differs.
        """
        expected = self.recording.rho[step].astype(int)
        seen = np.minimum(np.rint(100 * np.asarray(loads)), 255)
        if np.abs(seen - expected).max() > LOAD_TOLERANCE:
            raise PowrlError(
                f"the recorded episode is not what is played here from step {step} on; install the "
                "versions of its contest.json, or score anew."
            )


def _page(run: str | Path, course: Course, agent: str, recording: Recording) -> str:
    """The page with the other course and the recorded one."""
    score = course.score
    name = f"{agent} from step {course.step}"
    other = replace(score, agent=name, score=math.nan, parts={}, steps=len(recording))
    shown = ShownEpisode(score.scenario, score.seed, (other, score))
    recordings = {name: recording, score.agent: course.recording}
    title = f"{score.scenario}: {name}"
    return replay_page(title, str(run), [shown], lambda shown: recordings[shown.agent]).html


def _contestant(contestants: tuple[Contestant, ...], agent: str) -> Contestant:
    """The agent of the run that has this name, or another one."""
    for contestant in contestants:
        if contestant.name == agent:
            return contestant
    return parse_contestants([agent])[0]


def play_apart(
    contest: Contest,
    fingerprint: Fingerprint,
    course: Course,
    contestant: Contestant,
    action: str | None,
) -> tuple[int, str, Recording]:
    """As `play_course`, in a process of its own, for an agent of any origin.

    Raises
    ------
    PowrlError
        It fails, or does not answer in time.
    """
    with temporary_folder("powrl-replay-") as folder:
        arguments = (contest, fingerprint, course, contestant, action, folder)
        protected = (contest.folder, cache_folder("references"), *(contestant.parts))
        (outcome,) = run_isolated(
            [Task(_play_into, arguments, folder, protected)], 1, contest.limits
        )
        if outcome.failure:
            if outcome.is_sentence:
                raise PowrlError(outcome.failure)
            raise PowrlError(f"the agent {contestant.name} failed: {outcome.failure}; mend it.")
        recording = Recording.load(folder / _RECORDING)
        return len(recording), Grid2opStage.engine, recording


def _play_into(*arguments: Any) -> None:
    """Play a course, and write its recording to the folder that is the last argument."""
    *course, folder = arguments
    play_course(*course)[2].save(folder / _RECORDING)


def play_course(
    contest: Contest,
    fingerprint: Fingerprint,
    course: Course,
    contestant: Contestant,
    action: str | None,
) -> tuple[int, str, Recording]:
    """Steps survived, the name of the engine, and the recording of the other course."""
    score = course.score
    if contest.files[score.scenario] != fingerprint.files.get(score.scenario):
        raise PowrlError(
            f"the time series of the scenario {score.scenario}, or other files of "
            f"{contest.grid_of(score.scenario)}, are not those of the run; restore them."
        )
    seed = fingerprint.episode_seeds[score.scenario][score.seed]
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("powrl-replay-"))
        episode = PlannedEpisode(score.scenario, score.seed)
        copy = copy_environment(contest, episode, folder / "environment")
        scenarios = Scenarios(contest.environment, copy)
        ready = stack.enter_context(contestant.open(scenarios, folder / "contestant"))
        environment = stack.enter_context(closing(open_environment(scenarios, **ready.rewards)))
        chosen = None if action is None else read_action(action, environment)
        stage = _stage(environment, contestant, course, chosen, (seed, contest.max_steps or -1))
        agent = WatchedAgent(ready.make(environment), contestant.guard, contestant.tells_decisions)
        agent.seed(seed)
        steps, recording = _steps(environment, stage, agent, course, chosen)
        return steps, stage.engine, recording


def _stage(
    environment: Environment,
    contestant: Contestant,
    course: Course,
    chosen: BaseAction | None,
    start: tuple[int, int],
) -> Stage:
    """The stepper where it covers environment, actions and agent, else grid2op; at the first step.

    `start` has the seed and the longest episode, as grid2op's runner resets with them.
    """

    def begin() -> Any:
        options = {"time serie id": 0, "max step": start[1]}
        return environment.reset(seed=start[0], options=options)

    actions = [course.action(environment, step) for step in range(course.step)]
    first = begin()
    if isinstance(contestant, PowrlContestant) or contestant.name == DO_NOTHING:
        refusal = stepper_refusal(environment, actions if chosen is None else [*actions, chosen])
    else:
        refusal = f"{contestant.name} needs grid2op's own observations"
    if refusal:
        log.info("played on by grid2op: %s", refusal)
        return Grid2opStage(environment, begin())
    return SteppedStage(environment, first)


def _steps(
    environment: Environment,
    stage: Stage,
    agent: WatchedAgent,
    course: Course,
    chosen: BaseAction | None,
) -> tuple[int, Recording]:
    """Steps survived, and the recording of the episode."""
    seen, played, attacked = SeenObservations(), [], []
    step = 0
    while not stage.done:
        seen.add(stage.observation)
        if step < course.step:
            course.require_same(stage.observation.rho, step)
            action = course.action(environment, step)
            agent.reasons.append(str(course.recording.reasons[step]))
        else:
            if step == course.step:
                agent.reset(stage.observation)
            if step == course.step and chosen is not None:
                action = chosen
                agent.reasons.append(f"{OF_THE_USER}: {' '.join(str(chosen).split())}")
            else:
                action = agent.act(stage.observation, 0.0)
        stage.step(action)
        played.append(action.to_vect())
        attacked.append(stage.attacked)
        step += 1
    if stage.game_over:
        seen.add_game_over()
    else:
        seen.add(stage.observation)
    reasons = [*agent.reasons, *[""] * (step - len(agent.reasons))]
    decisions = continued(vars(course.recording), agent.recorder.arrays(step), course.step)
    recording = recording_from(
        environment, seen, np.array(played), np.array(attacked), reasons, decisions
    )
    return step, recording


def read_action(text: str, environment: Environment) -> BaseAction:
    """The action of a JSON object, as ``action_space`` takes it.

    Raises
    ------
    PowrlError
        It is no JSON object, or no action of this environment.
    """
    try:
        content = parse_json(text, finite=True)
    except ValueError as error:
        raise PowrlError(f"the action is no JSON ({error}); {ACTION_EXAMPLE}.") from error
    if not isinstance(content, dict) or not content:
        raise PowrlError(f"the action is no JSON object; {ACTION_EXAMPLE}.")
    allowed = sorted(environment.action_space.actionClass.authorized_keys)
    for key, value in content.items():
        if key not in allowed:
            raise PowrlError(
                f"actions here have no {key!r}; they have {', '.join(allowed)}."
                f"{did_you_mean(key, allowed)}"
            )
        if value is None:
            raise PowrlError(f"the action says nothing of {key}; {ACTION_EXAMPLE}.")
    try:
        action = environment.action_space({key: _paired(value) for key, value in content.items()})
        is_ambiguous, reason = action.is_ambiguous()
    except _GRID2OP_ERRORS as error:
        raise PowrlError(f"grid2op refuses the action: {error}; {ACTION_EXAMPLE}.") from error
    if is_ambiguous:
        raise PowrlError(f"the action is ambiguous: {reason}.")
    return action


def _paired(value: Any) -> Any:
    """Lists inside lists as tuples: grid2op tells an element and its value by them."""
    if isinstance(value, dict):
        return {key: _paired(item) for key, item in value.items()}
    if isinstance(value, list):
        return [tuple(map(_frozen, item)) if isinstance(item, list) else item for item in value]
    return value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
