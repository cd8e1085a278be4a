"""The enumeration holds each electrically different topology once, and none that disconnects."""

import itertools

from powrl.player.grid.layout import GridLayout
from powrl.reduction.enumeration import unitary_topologies


def layout_of(*elements: str) -> GridLayout:
    return GridLayout(("only",), (elements,))


def busbars(*elements: str) -> set[tuple[int, ...]]:
    return {action.busbars for action in unitary_topologies(layout_of(*elements))}


def test_four_lines_have_three_splits_and_the_reference():
    lines = [f"line {name} origin" for name in "abcd"]
    assert busbars(*lines) == {(1, 1, 1, 1), (1, 1, 2, 2), (1, 2, 1, 2), (1, 2, 2, 1)}


def test_a_busbar_without_a_line_is_left_out():
    classes = busbars("line a origin", "line b origin", "load c", "generator d")
    assert (1, 1, 2, 2) not in classes
    assert classes == {(1, 1, 1, 1), (1, 2, 1, 2), (1, 2, 2, 1)}


def test_agrees_with_all_assignments(neurips):
    layout = GridLayout.from_grid2op(neurips)
    topologies = unitary_topologies(layout, maximum_elements=7)
    for substation, elements in enumerate(layout.elements):
        assignments = {a.busbars for a in topologies if a.substation == substation}
        expected = set()
        for assignment in itertools.product((1, 2), repeat=len(elements)):
            sides = [
                [e for e, b in zip(elements, assignment, strict=True) if b == busbar]
                for busbar in (1, 2)
            ]
            connected = all(
                not side or (len(side) > 1 and any(e.startswith("line ") for e in side))
                for side in sides
            )
            if 4 <= len(elements) <= 7 and connected and assignment[0] == 1:
                expected.add(assignment)
        assert assignments == expected


def test_sizes_bound_the_substations(neurips):
    layout = GridLayout.from_grid2op(neurips)
    topologies = unitary_topologies(layout, minimum_elements=5, maximum_elements=6)
    assert {len(action.busbars) for action in topologies} == {5, 6}
