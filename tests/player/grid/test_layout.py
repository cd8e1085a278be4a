"""The layout names every element, and two grids are told apart by their first difference."""

import dataclasses

import pytest

from powrl.player.errors import PowrlError
from powrl.player.grid.layout import GridLayout


def test_names_every_element_at_its_position(case14, case14_layout):
    names = [name for elements in case14_layout.elements for name in elements]
    assert len(names) == case14.dim_topo
    assert len(set(names)) == len(names)
    for line, name in enumerate(case14.name_line):
        assert names[case14.line_or_pos_topo_vect[line]] == f"line {name} origin"
        assert names[case14.line_ex_pos_topo_vect[line]] == f"line {name} extremity"
    for load, name in enumerate(case14.name_load):
        assert names[case14.load_pos_topo_vect[load]] == f"load {name}"
    for generator, name in enumerate(case14.name_gen):
        assert names[case14.gen_pos_topo_vect[generator]] == f"generator {name}"


def test_parts_cover_the_topology_vector(case14, case14_layout):
    covered = [
        p for s in range(case14.n_sub) for p in range(case14.dim_topo)[case14_layout.part(s)]
    ]
    assert covered == list(range(case14.dim_topo))


def test_json_round_trip(case14_layout):
    assert GridLayout.from_json(case14_layout.to_json()) == case14_layout


def test_the_same_grid_is_accepted(case14, case14_layout):
    case14_layout.require_same(GridLayout.from_grid2op(case14.action_space), "it")


def test_another_number_of_substations_is_named(case14_layout, neurips):
    with pytest.raises(PowrlError, match="it is for a grid of 14 substations, this grid has 36"):
        case14_layout.require_same(GridLayout.from_grid2op(neurips), "it")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: ("line x origin", *e[1:]), "has 'line x origin', which is not there"),
        (lambda e: e[1:], "lacks '.*', which is there"),
        (lambda e: tuple(reversed(e)), "has its elements in another order"),
    ],
)
def test_the_first_difference_of_elements_is_named(case14_layout, change, message):
    elements = list(case14_layout.elements)
    elements[3] = change(elements[3])
    other = dataclasses.replace(case14_layout, elements=tuple(elements))
    with pytest.raises(PowrlError, match=f"substation 'sub_3' {message}"):
        other.require_same(case14_layout, "it")


def test_another_name_is_named(case14_layout):
    names = ("a", *case14_layout.substations[1:])
    other = dataclasses.replace(case14_layout, substations=names)
    with pytest.raises(PowrlError, match="substation 0 is 'a', here it is 'sub_0'"):
        other.require_same(case14_layout, "it")
