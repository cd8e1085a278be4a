"""The files of plug-ins are collected with what they import relatively."""

import pytest

from powrl.player.errors import PowrlError
from powrl.workspace.plugin_files import plugin_sources, write_sources


def test_relative_imports_come_along_and_others_do_not(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "a.py").write_text("import other\nfrom . import b\nname = 1\n")
    (tmp_path / "package" / "b.py").write_text("x = 2\n")
    (tmp_path / "other.py").write_text("")
    sources = plugin_sources(["package.a:name", "math:pi"], [tmp_path])
    assert list(sources) == ["package/__init__.py", "package/a.py", "package/b.py"]
    write_sources(sources, tmp_path / "copy")
    assert (tmp_path / "copy" / "package" / "b.py").read_text() == "x = 2\n"


def test_two_files_of_one_name_are_refused(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "helper.py").write_text("")
        (tmp_path / name / f"{name}.py").write_text("from . import helper\na = 1\n")
    with pytest.raises(PowrlError, match=r"need both .*helper\.py and .*helper\.py; rename one"):
        plugin_sources(["one:a", "two:a"], [tmp_path / "one", tmp_path / "two"])


def test_a_file_that_is_no_python_is_refused(tmp_path):
    (tmp_path / "a.py").write_text("def (")
    with pytest.raises(PowrlError, match="a:b imports a file that cannot be read"):
        plugin_sources(["a:b"], [tmp_path])
