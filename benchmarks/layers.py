"""A drawing of what depends on what, in layers, as SVG."""

from __future__ import annotations

from html import escape
from itertools import pairwise

import networkx

WIDTH, HEIGHT = 118, 30
"""Of a box."""

ACROSS, DOWN = 136, 84
"""From one box to the next."""

SWEEPS = 12

HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">
<style>
rect {{ fill: #e8eaf6; stroke: #3f51b5 }}
text {{ fill: #1a237e; font: 14px sans-serif; text-anchor: middle }}
path {{ fill: none; stroke: #5c6bc0; stroke-width: 1.3 }}
</style>
<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" orient="auto"
 markerWidth="8" markerHeight="8">
<path d="M0 0 8 4 0 8z" style="fill: #5c6bc0; stroke: none"/>
</marker>
<rect width="{width}" height="{height}" style="fill: #fff; stroke: none"/>
"""

Node = str | tuple[str, str, int]
"""A box, or the place where an arrow passes a layer."""


def drawing(arrows: list[tuple[str, str]]) -> str:
    """The drawing of arrows between names; an arrow leads down by one layer or more.

    Raises
    ------
    networkx.NetworkXUnfeasible
        The arrows lead round in a circle.

    Examples
    --------
    >>> drawing([("house", "wall"), ("wall", "stone")]).count("<rect")
    4
    """
    layers, parts = _layers(arrows)
    widest = max(map(len, layers))
    place: dict[Node, tuple[int, int]] = {}
    for row, layer in enumerate(layers):
        margin = (widest - len(layer)) * ACROSS // 2
        for column, node in enumerate(layer):
            place[node] = (margin + column * ACROSS + ACROSS // 2, row * DOWN + DOWN // 2)
    lines = [HEAD.format(width=widest * ACROSS, height=len(layers) * DOWN)]
    lines += [_arrow([place[node] for node in nodes]) for nodes in parts]
    for node, (x, y) in place.items():
        if isinstance(node, str):
            box = f'x="{x - WIDTH // 2}" y="{y - HEIGHT // 2}" width="{WIDTH}" height="{HEIGHT}"'
            lines.append(f'<rect {box} rx="5"/><text x="{x}" y="{y + 5}">{escape(node)}</text>\n')
    return "".join([*lines, "</svg>\n"])


def _layers(arrows: list[tuple[str, str]]) -> tuple[list[list[Node]], list[list[Node]]]:
    """The nodes of each layer from left to right, and those that each arrow passes."""
    graph = networkx.DiGraph(sorted(arrows))
    names = list(networkx.topological_generations(graph.reverse()))[::-1]
    row = {name: number for number, layer in enumerate(names) for name in layer}
    layers: list[list[Node]] = [sorted(layer) for layer in names]
    parts: list[list[Node]] = []
    for start, end in sorted(arrows):
        passed: list[Node] = [(start, end, number) for number in range(row[start] + 1, row[end])]
        for node, number in zip(passed, range(row[start] + 1, row[end]), strict=True):
            layers[number].append(node)
        parts.append([start, *passed, end])
    _untangle(layers, parts)
    return layers, parts


def _untangle(layers: list[list[Node]], parts: list[list[Node]]) -> None:
    """Put each node near those that it is joined to, by turns from above and from below."""
    joined: dict[Node, set[Node]] = {}
    for nodes in parts:
        for upper, lower in pairwise(nodes):
            joined.setdefault(upper, set()).add(lower)
            joined.setdefault(lower, set()).add(upper)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        order = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        for number in order:
            other = layers[number - 1 if down else number + 1]
            where = {node: (place + 0.5) / len(other) for place, node in enumerate(other)}
            layer = layers[number]
            own = {node: (place + 0.5) / len(layer) for place, node in enumerate(layer)}

            def middle(
                node: Node, where: dict[Node, float] = where, own: dict[Node, float] = own
            ) -> float:
                places = [where[name] for name in joined.get(node, ()) if name in where]
                return sum(places) / len(places) if places else own[node]

            layer.sort(key=middle)


def _arrow(points: list[tuple[int, int]]) -> str:
    """A curve from the lower edge of the first box to the upper edge of the last."""
    (x, y), *between, (end_x, end_y) = points
    y, end_y = y + HEIGHT // 2, end_y - HEIGHT // 2
    path = f"M{x} {y}"
    for next_x, next_y in [*between, (end_x, end_y)]:
        half = (next_y - y) // 2
        path += f"C{x} {y + half} {next_x} {next_y - half} {next_x} {next_y}"
        x, y = next_x, next_y
    return f'<path d="{path}" marker-end="url(#head)"/>\n'
