"""The page about the architecture is made from the code as it is."""

from benchmarks.architecture import PACKAGE, PAGE, arrows, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m benchmarks.architecture"


def test_the_arrows_are_imports_and_leave_out_what_follows():
    pairs = arrows(PACKAGE)
    assert ("configuration", "engines") in pairs
    assert ("scoring", "player") not in pairs  # it follows from others
