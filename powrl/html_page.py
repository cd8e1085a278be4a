"""An HTML page that needs no other file, from a template of one of powrl's rooms."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_page(
    room: str, picture: bytes, filters: Mapping[str, Callable[..., Any]], **content: Any
) -> str:
    """The page of ``report.html.jinja`` in a room, with a picture (PNG) inside.

    Parameters
    ----------
    filters, content:
        What the template calls, and what it shows, by name.
    """
    environment = Environment(
        loader=PackageLoader("powrl", room),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters.update(filters)
    inside = base64.b64encode(picture).decode("ascii")
    return environment.get_template("report.html.jinja").render(picture=inside, **content)
