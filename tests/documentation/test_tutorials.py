"""The tutorials do what they say, with few steps."""

import pytest

from documentation import tutorials


def test_the_tutorials_run_one_after_the_other(tmp_path, monkeypatch):
    pytest.importorskip("sb3_contrib", reason="training needs powrl[train]")
    monkeypatch.chdir(tmp_path)
    for page in tutorials.pages():
        assert tutorials.blocks_of(page), page
        tutorials.run(page, long=False)


def test_each_tutorial_has_its_place():
    assert set(tutorials.pages()) == set(tutorials.FOLDER.glob("*.md"))


def test_a_command_that_fails_and_another_program_are_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("<!-- run: --no-download -->\n```\npowrl envs --nothing  # a comment\n```\n")
    with pytest.raises(tutorials.TutorialError, match="powrl envs --nothing"):
        tutorials.run(page)
    page.write_text("<!-- run -->\n```\nrm file\n```\n")
    with pytest.raises(tutorials.TutorialError, match="only commands of powrl"):
        tutorials.run(page)


def test_files_are_written_and_python_shares_its_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        '```yaml title="a.yaml"\nkey: 1\n```\n\n<!-- run -->\n```python\nnumber = 1\n```\n\n'
        '<!-- run -->\n```python\nopen("b.txt", "w").write(str(number))\n```\n\n```\nnot run\n```\n'
    )
    tutorials.run(page)
    assert (tmp_path / "a.yaml").read_text() == "key: 1\n"
    assert (tmp_path / "b.txt").read_text() == "1"
