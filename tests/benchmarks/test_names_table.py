"""The table of names is made from the editions, agents and configurations as they are."""

from benchmarks.marked_page import MarkedPage
from benchmarks.names import END, PAGE, START, table
from powrl.editions.editions import EDITIONS
from powrl.workspace.shipped import shipped_agents, shipped_configurations


def test_the_page_is_up_to_date(tmp_path):
    copy = tmp_path / PAGE.name
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    MarkedPage.read(copy, START, END).write(table())
    assert copy.read_text("utf-8") == PAGE.read_text("utf-8"), "run: python -m benchmarks.names"


def test_every_name_stands_in_one_row():
    cells = [cell.strip() for row in table().splitlines() for cell in row.split("|")]
    names = [name for cell in cells for name in cell.split(", ")]
    for name in (*EDITIONS, *shipped_agents(), *shipped_configurations()):
        assert f"`{name}`" in names
