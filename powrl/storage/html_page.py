"""An HTML page that needs no other file, from a template of one of powrl's rooms."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_page(
    room: str, template: str, filters: Mapping[str, Callable[..., Any]], **content: Any
) -> str:
    """The page of a template in a room; it has the filter ``base64``, too, for pictures inside.

    Parameters
    ----------
    filters, content:
        What the template calls, and what it shows, by name.
    """
    environment = Environment(
        loader=PackageLoader("powrl", room.replace(".", "/")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters.update({"base64": _base64, **filters})
    return environment.get_template(template).render(content)


def package_text(package: str | None, name: str) -> str:
    """The text of a file in one of powrl's rooms: styles and scripts of its pages."""
    assert package is not None
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
