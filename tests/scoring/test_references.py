"""Kept references: found again only where all that they depend on is the same."""

import logging
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import grid2op
import pytest

import powrl
from powrl.player.errors import PowrlError
from powrl.scoring import references
from powrl.scoring.contest import Contest, PlannedEpisode
from powrl.scoring.contestants.own import Baseline
from powrl.scoring.references import (
    drop_unneeded,
    keep_references,
    reference_files,
    restore_references,
)
from powrl.storage.imported_sources import imported_sources
from powrl.workspace.cache import CACHE_VARIABLE
from powrl.workspace.versions import package_versions

CASE14 = "rte_case14_realistic"
EPISODE = PlannedEpisode("000", 3)


@pytest.fixture
def contest(tmp_path: Path) -> Contest:
    folder = tmp_path / CASE14
    bundled = Path(grid2op.__file__).parent / "data" / CASE14
    shutil.copytree(bundled, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Contest(CASE14, folder, {"000": 0, "001": 1}, (Baseline("DoNothing"),), (3,))


def name_of(contest: Contest) -> str:
    return reference_files(replace(contest))[EPISODE].name  # a contest reads its files once


def test_the_name_follows_from_all_that_a_reference_depends_on(contest: Contest) -> None:
    name = name_of(contest)
    other_seed = replace(contest, drawn_seeds={"000": [9] * 4, "001": [9] * 4})
    assert name_of(contest) == name
    assert name != reference_files(contest)[PlannedEpisode("001", 3)].name
    assert name_of(replace(contest, max_steps=100)) != name
    assert name_of(other_seed) != name
    assert name_of(replace(contest, scenarios={"000": 0})) == name
    load = next((contest.folder / "chronics" / "000").glob("load_p.csv*"))
    before = load.read_bytes()
    load.write_bytes(before[:-9] + bytes(9))
    assert name_of(contest) != name
    load.write_bytes(before)
    assert name_of(contest) == name
    (contest.folder / "config.py").open("a").write("\n")
    assert name_of(contest) != name


@pytest.mark.parametrize(
    "changed", ["engines/fast/episode.py", "scoring/official.py", "scoring/lean_runs.py"]
)
def test_the_name_follows_from_our_own_code_that_makes_them(
    contest: Contest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    assert all(part.exists() for part in references.STEPPER)
    package = Path(powrl.__file__).parent
    ours = shutil.copytree(package, tmp_path / "powrl")
    copied = tuple(ours / part.relative_to(package) for part in references.STEPPER)
    monkeypatch.setattr(references, "STEPPER", copied)
    name = name_of(contest)
    (ours / changed).open("a").write("\n")
    assert name_of(contest) != name


@pytest.mark.parametrize("module", ["stepped_references", "lean_runs"])
def test_all_code_that_makes_them_counts_wherever_it_lies(module: str) -> None:
    package = Path(powrl.__file__).parent
    sources = imported_sources(package / "scoring" / f"{module}.py", package)
    missing = [
        source.relative_to(package).as_posix()
        for source in sources
        if not any(part == source or part in source.parents for part in references.STEPPER)
    ]
    # packages' own words, and errors, make no reference
    assert {name for name in missing if not name.endswith("__init__.py")} <= {
        "errors.py",
        "player/errors.py",
    }


@pytest.mark.parametrize("package", ["grid2op", "lightsim2grid", "numpy", "pandas", "pandapower"])
def test_the_name_follows_from_the_versions_of_what_plays(
    contest: Contest, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    name = name_of(contest)
    monkeypatch.setattr(
        references, "package_versions", lambda names: package_versions(names) | {package: "9"}
    )
    assert name_of(contest) != name


def test_what_no_score_needs_is_not_kept(tmp_path: Path) -> None:
    statistics = tmp_path / "env" / "_statistics_dn"
    statistics.mkdir(parents=True)
    for name in ("scores.npz", "obs_rho.npz", "obs_load_p.npz", ".has_score"):
        (statistics / name).write_text(name)
    (tmp_path / "env" / "grid.json").touch()
    keep_references(tmp_path / "env", tmp_path / "kept.zip")
    drop_unneeded(tmp_path / "env")
    assert {path.name for path in statistics.iterdir()} == {
        "scores.npz",
        "obs_load_p.npz",
        ".has_score",
    }
    assert (tmp_path / "env" / "grid.json").exists()
    assert restore_references(tmp_path / "kept.zip", tmp_path / "other")
    names = {path.name for path in (tmp_path / "other").rglob("*") if path.is_file()}
    assert names == {"scores.npz", "obs_load_p.npz", ".has_score"}


def test_damaged_references_are_computed_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "kept.zip").write_bytes(b"no zip")
    assert not restore_references(tmp_path / "missing.zip", tmp_path)
    assert not caplog.text
    assert not restore_references(tmp_path / "kept.zip", tmp_path)
    assert "computed anew" in caplog.text


def test_changed_references_are_thrown_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    statistics = tmp_path / "env" / "_statistics_dn"
    statistics.mkdir(parents=True)
    (statistics / "scores.npz").write_bytes(b"costs")
    keep_references(tmp_path / "env", tmp_path / "kept.zip")
    assert restore_references(tmp_path / "kept.zip", tmp_path / "other")
    # as an agent does that wants other costs: edited, and those of another episode
    with zipfile.ZipFile(tmp_path / "kept.zip") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "edited.zip", "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content.replace(b"costs", b"other"))
    shutil.copy(tmp_path / "kept.zip", tmp_path / "of another.zip")
    for name in ("edited.zip", "of another.zip"):
        caplog.clear()
        assert not restore_references(tmp_path / name, tmp_path / "new")
        assert "were changed after they were made: they are thrown away" in caplog.text
    assert not (tmp_path / "new").exists()


def test_no_changed_byte_ends_the_scoring(tmp_path: Path) -> None:
    statistics = tmp_path / "env" / "_statistics_dn"
    statistics.mkdir(parents=True)
    (statistics / "scores.npz").write_bytes(bytes(range(40)) + 100 * b"a")
    keep_references(tmp_path / "env", tmp_path / "kept.zip")
    whole = (tmp_path / "kept.zip").read_bytes()
    damaged = 0
    for position, byte in enumerate(whole):
        # also: each kind of compression that zipfile knows, and the bit that says "encrypted"
        for other in {byte ^ 1, byte ^ 128, 12, 14, 255} - {byte}:
            content = whole[:position] + bytes([other]) + whole[position + 1 :]
            (tmp_path / "kept.zip").write_bytes(content)
            damaged += not restore_references(tmp_path / "kept.zip", tmp_path / "other")
    assert damaged > len(whole)


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "kept.zip", "w") as archive:
        archive.writestr("../outside.txt", "x")
        archive.writestr("seal", references._seal(Path("kept.zip"), {"../outside.txt": b"x"}))
    (tmp_path / "env").mkdir()
    with pytest.raises(PowrlError, match="outside its folder"):
        restore_references(tmp_path / "kept.zip", tmp_path / "env")
    assert not (tmp_path / "outside.txt").exists()


def test_a_cache_that_cannot_be_written_is_named(
    contest: Contest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    with pytest.raises(PowrlError, match=CACHE_VARIABLE):
        keep_references(contest.folder, reference_files(contest)[EPISODE])
