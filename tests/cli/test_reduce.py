"""``powrl reduce`` writes an action file, whole or not at all."""

from powrl.actions.action_set import ActionSet

CASE14 = "rte_case14_realistic"
QUICK = ("--size", 5, "--states", 2, "--max-elements", 5, "--jobs", 1, "--scenarios", "000")


def test_a_readable_action_file(powrl, case14_layout, tmp_path):
    code, out, _ = powrl("reduce", CASE14, "-o", "actions.json", *QUICK)
    assert code == 0
    assert "topologies enumerated" in out
    actions = ActionSet.load(tmp_path / "actions.json", case14_layout)
    assert 0 < len(actions) <= 5
    assert [path.name for path in tmp_path.iterdir()] == ["actions.json"]


def test_an_existing_file_is_kept(powrl, tmp_path):
    (tmp_path / "actions.json").write_text("mine")
    code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "actions.json", *QUICK)
    assert code == 2
    assert "exists already; choose another --output, or give --force" in err
    assert (tmp_path / "actions.json").read_text() == "mine"
    assert powrl("reduce", CASE14, "-o", tmp_path / "actions.json", "--force", *QUICK)[0] == 0
    assert powrl("reduce", CASE14, "-o", tmp_path, *QUICK)[0] == 2


def test_scenarios_of_another_grid_are_refused(powrl, tmp_path, neurips):
    data = ("--data", neurips.get_path_env())
    code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "actions.json", *data)
    assert code == 2
    assert "is for a grid of 14 substations, this grid has 36" in err
    assert not list(tmp_path.iterdir())


def test_an_unknown_environment_is_refused(powrl, tmp_path):
    code, _, err = powrl("reduce", "nowhere", "-o", tmp_path / "actions.json")
    assert code == 2
    assert "bundles no environment 'nowhere'" in err
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_refused_before_the_work(powrl, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "file" / "actions.json")
    assert code == 2
    assert err.startswith("powrl: cannot write")


def test_an_impossible_threshold_is_refused(powrl, tmp_path):
    code, _, err = powrl("reduce", CASE14, "-o", tmp_path / "a.json", "--critical-rho", 5)
    assert code == 2
    assert "critical_rho: 5.0 was given, allowed is a line load above 0 and up to 2" in err
