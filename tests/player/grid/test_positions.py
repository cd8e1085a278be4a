"""Where elements sit, and which lines are in a row."""

import numpy as np

from powrl.player.grid.positions import Positions


def positions_of(*substations):
    """Those of substations as lists of lines, by number, and of loads (None)."""
    elements = [(number, one) for number, ends in enumerate(substations) for one in ends]
    n_line = 1 + max(one for _, one in elements if one is not None)
    ends = [[place for place, (_, one) in enumerate(elements) if one == k] for k in range(n_line)]
    loads = [place for place, (_, one) in enumerate(elements) if one is None]
    return Positions(
        origin=np.array([first for first, _ in ends]),
        extremity=np.array([second for _, second in ends]),
        load=np.array(loads),
        generator=np.empty(0, dtype=int),
        storage=np.empty(0, dtype=int),
        substation=np.array([number for number, _ in elements]),
        n_sub=len(substations),
    )


def test_lines_are_in_a_row_where_nothing_is_between_them():
    positions = positions_of([0, 1, 2, None], [0, 3], [1, None], [2, None], [3, 4], [4, None])
    assert positions.rows.tolist() == [0, 1, 2, 0, 0]


def test_a_grid_without_such_substations_has_each_line_alone():
    assert positions_of([0, 1, None], [0, 1, None]).rows.tolist() == [0, 1]


def test_two_lines_of_the_grid_of_36_substations_are_in_a_row(neurips):
    rows, names = Positions.from_grid2op(neurips).rows, list(neurips.name_line)
    first, second = names.index("62_58_180"), names.index("62_63_160")
    assert rows[first] == rows[second]
    assert len(set(rows.tolist())) == len(names) - 1
