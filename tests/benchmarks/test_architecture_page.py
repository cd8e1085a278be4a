"""The page about the architecture is made from the code as it is."""

import re

from benchmarks.architecture import IMAGES, PACKAGE, PAGE, arrows, page, pictures
from benchmarks.layers import drawing


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m benchmarks.architecture"


def test_the_pictures_are_up_to_date():
    for name, text in pictures().items():
        assert (IMAGES / name).read_text(encoding="utf-8") == text, (
            "run: python -m benchmarks.architecture"
        )


def test_an_arrow_leads_down_and_passes_the_layers_between():
    text = drawing([("house", "wall"), ("wall", "stone"), ("house", "stone")])
    heights = dict(re.findall(r'y="(\d+)">(\w+)<', text))
    assert [heights[height] for height in sorted(heights, key=int)] == ["house", "wall", "stone"]
    assert sorted(map(len, re.findall(r'<path d="([^"]+)" marker', text)))[-1] > 40
    assert text.count('marker-end="url(#head)"') == 3


def test_the_arrows_are_imports_and_leave_out_what_follows():
    pairs = arrows(PACKAGE)
    assert ("configuration", "engines") in pairs
    assert ("scoring", "player") not in pairs  # it follows from others
