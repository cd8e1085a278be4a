"""``powrl reduce`` writes a run folder, or says in one sentence why not."""

import yaml

CASE14 = "l2rpn_case14_sandbox"
QUICK = ("--sizes", "3,6", "--states", 6, "--jobs", 1, "--scenarios", "0001")


def test_action_sets_and_a_report(powrl, tmp_path):
    code, out, err = powrl("reduce", CASE14, "-o", "run", *QUICK)
    assert (code, err) == (0, "")
    assert "3 actions solve" in out
    assert "report: run/report.html" in out
    folder = tmp_path / "run"
    assert {path.name for path in folder.glob("actions-*")} == {
        *("actions-3.json", "actions-6.json", "actions-all.json")
    }
    assert "none was held out" in " ".join((folder / "report.html").read_text().split())
    settings = yaml.safe_load((folder / "settings.yaml").read_text())
    assert (settings["sizes"], settings["states"]) == ([3, 6], 6)

    code, _, err = powrl("reduce", CASE14, "-o", "run", *QUICK)
    assert code == 2
    assert "the run folder run is not empty; choose another --output" in err
    code, _, err = powrl("reduce", "--resume", "run", "--seed", 1)
    assert code == 2
    assert "besides it only --jobs, --backend and --address can be given" in err

    damaged = next((folder / "states").iterdir())
    damaged.write_bytes(b"")
    (folder / "pool.json").unlink()
    code, _, err = powrl("reduce", "--resume", "run", "--jobs", 1)
    assert code == 2
    assert f"{damaged.relative_to(tmp_path)} is damaged" in err
    assert "remove it, and --resume makes it again" in err
    damaged.unlink()
    assert powrl("reduce", "--resume", "run", "--jobs", 1)[0] == 0

    (folder / "settings.yaml").write_text(yaml.safe_dump({**settings, "states": 7}))
    code, _, err = powrl("reduce", "--resume", "run", "--jobs", 1)
    assert code == 2
    assert "states in run/settings.yaml is not what the run began with (6); restore it" in err


def test_it_is_an_environment_or_a_run_folder(powrl, tmp_path):
    for arguments in ((), (CASE14, "--resume", tmp_path)):
        code, _, err = powrl("reduce", *arguments)
        assert code == 2
        assert "give either an environment to reduce or a run folder to --resume" in err
    code, _, err = powrl("reduce", "--resume", tmp_path)
    assert code == 2
    assert "is no run folder of powrl reduce: it has no settings" in err


def test_scenarios_of_another_grid_are_refused(powrl, tmp_path, neurips):
    data = ("--data", neurips.get_path_env())
    code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "run", *data)
    assert code == 2
    assert "is for a grid of 14 substations, this grid has 36" in err
    assert not list(tmp_path.iterdir())


def test_an_unknown_environment_is_refused(powrl, tmp_path):
    code, _, err = powrl("reduce", "nowhere", "-o", tmp_path / "run")
    assert code == 2
    assert "bundles no environment 'nowhere'" in err
    code, _, err = powrl("reduce", "nowhere.yaml", "-o", tmp_path / "run")
    assert code == 2
    assert "cannot read the settings nowhere.yaml" in err
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_refused_before_the_work(powrl, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "file" / "run")
    assert code == 2
    assert err.startswith("powrl: cannot write")


def test_impossible_settings_are_refused(powrl, tmp_path):
    for option, value, complaint in (
        ("--critical-rho", 5, "critical_rho: 5.0 was given, allowed: input should be less than"),
        (
            "--sizes",
            "60,many",
            "sizes.1: 'many' was given, allowed: input should be a valid",
        ),
        ("--sizes", "60,20", "sizes: ['60', '20'] was given, allowed: whole numbers"),
    ):
        code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "run", option, value)
        assert code == 2
        assert complaint in err
    assert not list(tmp_path.iterdir())
