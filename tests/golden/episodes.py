"""What the golden record plays: each shipped agent on a scenario bundled with grid2op."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GoldenEpisode:
    """An episode that is recorded.

    Attributes
    ----------
    agent:
        ``<environment>/<name>`` of a shipped agent.
    scenario:
        Name of the scenario, ``<mix>/<name>`` where the environment has several mixes.
    seed:
        Fixes the opponent.
    steps:
        Steps played; where the episode ends before, another one follows with the next seed.
    outage_every:
        Every so many steps a line is taken out in place of the agent's action, one after the
        other, so that calm grids have something to decide, too (0: never).
    environment:
        Bundled environment, where its name is not that of the agent's.
    """

    agent: str
    scenario: str
    seed: int
    steps: int
    outage_every: int = 0
    environment: str = ""

    @property
    def mix(self) -> str:
        """Name of the mix, or empty."""
        return self.scenario.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Name of the scenario within its mix."""
        return self.scenario.rpartition("/")[2]

    @property
    def file(self) -> str:
        """Name of the file that holds the record."""
        return f"{self.agent.replace('/', '-')}-{self.seed}.json.gz"


EPISODES = (
    GoldenEpisode("l2rpn_case14_sandbox/powrl", "0001", 0, 400, 9),
    GoldenEpisode("rte_case14_realistic/powrl", "000", 0, 400, 9),
    GoldenEpisode("l2rpn_neurips_2020_track1/powrl", "Scenario_february_dummy", 0, 250, 23),
    GoldenEpisode("l2rpn_neurips_2020_track1/powrl", "Scenario_august_dummy", 1, 150),
    GoldenEpisode("l2rpn_neurips_2020_track1/search", "Scenario_february_dummy", 1, 250, 29),
    GoldenEpisode("l2rpn_icaps_2021/search", "Scenario_april_17_wk1", 1, 250, 11),
    GoldenEpisode("l2rpn_wcci_2020/powrl", "Scenario_april_000", 0, 250, 11),
    GoldenEpisode("l2rpn_wcci_2020/search", "Scenario_april_000", 1, 250, 13),
    GoldenEpisode("l2rpn_neurips_2020_track2/search", "x1/001", 0, 100, 9),
    GoldenEpisode(
        "l2rpn_wcci_2022/search", "2050-02-14_0", 0, 100, environment="l2rpn_wcci_2022_dev"
    ),
    GoldenEpisode("l2rpn_idf_2023/search", "2035-01-15_0", 0, 120, 13),
)
