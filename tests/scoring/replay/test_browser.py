"""The page in a real browser: every control does what it says, on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from powrl.scoring.replay.functions import replay
from tests.scoring.replay.runs import ACTION, ATTACK, LOST_AT, OVERLOAD, STEPS, a_run

SCREEN, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    run = a_run(tmp_path_factory.mktemp("run"))
    return replay(run).page.as_uri()


@pytest.fixture
def opened(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page, which must have no error at the end."""
    size = getattr(request, "param", SCREEN)
    context = browser.new_context(viewport=size, has_touch=size is PHONE, is_mobile=size is PHONE)
    page, errors = context.new_page(), []
    page.set_default_timeout(5000)
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".panel")
    yield page
    assert errors == []
    context.close()


def step(page: Any) -> int:
    return int(page.input_value("#step"))


def text(page: Any, agent: str, part: str) -> str:
    return str(page.inner_text(f'[data-agent="{agent}"] {part}'))


def place(page: Any) -> dict[str, str]:
    """What the link says, once it is written."""
    page.wait_for_timeout(80)
    return {key: values[0] for key, values in parse_qs(page.url.partition("#")[2]).items()}


def test_it_opens_at_the_worst_blackout_with_all_agents_in_step(opened: Any) -> None:
    assert opened.inner_text("#episode-name") == "march, seed 0"
    assert step(opened) == LOST_AT - 1
    assert opened.locator(".panel h3").count() == 3
    assert "blackout in this step" in text(opened, "mine", ".status")
    opened.click("#step-after")
    assert text(opened, "mine", ".status") == f"BLACKOUT after step {LOST_AT - 1}"
    assert text(opened, "other", ".status") == "130 % on b"


def test_the_index_sorts_filters_and_opens(opened: Any) -> None:
    def rows() -> list[str]:
        return [row.split("\t")[0] for row in opened.inner_text("#episodes tbody").splitlines()]

    assert rows() == ["march", "april"]
    opened.click("#episodes th >> text=scenario")
    assert rows() == ["april", "march"]
    opened.click("#episodes th >> text=scenario")
    assert rows() == ["march", "april"]
    opened.fill("#filter", "apr")
    assert rows() == ["april"]
    assert opened.inner_text("#index-count") == "1 of 2"
    opened.click("#episodes tbody tr")
    opened.wait_for_function("document.querySelector('#episode-name').textContent[0] === 'a'")
    assert step(opened) == 0
    opened.fill("#filter", "")
    opened.check("#blackouts")
    assert rows() == ["march"]


def test_buttons_keys_and_fields_change_the_step(opened: Any) -> None:
    opened.fill("#step", "3")
    opened.press("#step", "Enter")
    assert step(opened) == 3
    opened.click("#step-after")
    assert step(opened) == 4
    opened.click("#step-before")
    assert step(opened) == 3
    opened.click("#event-after")
    assert step(opened) == ATTACK
    opened.click("#event-after")
    assert step(opened) == ACTION
    opened.click("#event-before")
    assert step(opened) == ATTACK
    opened.locator("#slider").fill("7")
    assert step(opened) == 7
    opened.click("#episode-name")  # nothing that has keys of its own
    for key, expected in (("ArrowRight", 8), ("Shift+ArrowRight", 20), ("ArrowLeft", 19)):
        opened.keyboard.press(key)
        assert step(opened) == expected
    for key, expected in (("Home", 0), ("n", ATTACK), ("End", STEPS - 1), ("p", LOST_AT - 1)):
        opened.keyboard.press(key)
        assert step(opened) == expected


def test_it_plays_and_stops(opened: Any) -> None:
    opened.keyboard.press("Home")
    opened.select_option("#speed", "15")  # so slow that a busy machine sees it under way
    opened.click("#play")
    opened.wait_for_function("Number(document.querySelector('#step').value) > 3")
    assert opened.get_attribute("#play", "aria-label") == "stop"
    opened.click("#play")
    stopped = step(opened)
    opened.wait_for_timeout(100)
    assert step(opened) == stopped
    opened.select_option("#speed", "60")
    opened.click("#episode-name")
    opened.keyboard.press(" ")
    opened.wait_for_function("document.querySelector('#play').ariaLabel === 'play'")
    assert step(opened) == STEPS - 1


def test_the_time_line_is_clicked(opened: Any) -> None:
    box = opened.locator("#timeline svg").bounding_box()
    opened.mouse.click(box["x"] + 40 * box["width"] / 1050, box["y"] + 40)
    assert step(opened) == 0
    middle = 40 + 1000 * OVERLOAD / (STEPS - 1)
    opened.mouse.click(box["x"] + middle * box["width"] / 1050, box["y"] + 40)
    assert step(opened) == OVERLOAD


def test_the_map_shows_loads_attacks_and_busbars(opened: Any) -> None:
    def line(number: int) -> dict[str, str]:
        return dict(
            opened.eval_on_selector(
                f'[data-agent="mine"] [data-line="{number}"] .flow',
                "e => ({stroke: e.getAttribute('stroke'), width: e.getAttribute('stroke-width'),"
                " dash: getComputedStyle(e).strokeDasharray, y: e.getAttribute('y1')})",
            )
        )

    opened.keyboard.press("Home")
    calm = line(1)
    opened.fill("#step", str(OVERLOAD))
    opened.press("#step", "Enter")
    heavy = line(1)
    assert (calm["stroke"], heavy["stroke"]) == ("var(--load-1)", "var(--load-5)")
    assert float(heavy["width"]) > 2 * float(calm["width"])
    assert "130 %" in str(opened.text_content('[data-agent="mine"] .map'))
    split = line(0)
    opened.fill("#step", str(ATTACK + 1))
    opened.press("#step", "Enter")
    assert line(0)["stroke"] == "var(--attack)"
    assert line(0)["dash"] != "none"
    assert "A" in str(opened.text_content('[data-agent="mine"] .map'))
    assert split["y"] != line(0)["y"]
    arrows = opened.locator('[data-agent="mine"] .arrow').evaluate_all(
        "all => all.map(e => e.getAttribute('d') !== '')"
    )
    assert arrows == [False, True, True]


def test_names_and_numbers_appear_under_the_pointer(opened: Any) -> None:
    opened.fill("#step", str(OVERLOAD))
    opened.press("#step", "Enter")
    opened.hover('[data-agent="mine"] [data-line="1"] .hit')
    assert opened.inner_text("#tip") == "line b\n130 % of its limit\n12 MW from y to z"
    opened.hover('[data-agent="mine"] [data-substation="1"] .dot')
    assert opened.inner_text("#tip") == "substation y\ngen_1: held +3.5 MW"
    opened.hover("#episode-name")
    assert opened.is_hidden("#tip")


def test_events_candidates_and_powers_are_listed(opened: Any) -> None:
    events = text(opened, "mine", ".below")
    assert "attack on <u>a</u> until step 13" in events
    assert "BLACKOUT" in events
    opened.click(f'[data-agent="mine"] tr[data-step="{ACTION}"]')
    assert step(opened) == ACTION
    assert "remedy split <b>x</b>" in text(opened, "mine", ".why")
    assert "least overload" in text(opened, "mine", ".why")
    opened.click("[data-tab=candidates]")
    rows = text(opened, "mine", ".below tbody").replace("\t", " ").splitlines()
    assert rows == ["2 91.2 % ★ split <b>x</b>", "1 130.4 % do nothing", "3 illegal split y"]
    assert "no simulated actions" in text(opened, "DoNothing", ".below")
    opened.keyboard.press("3")
    powers = text(opened, "mine", ".below tbody").split("\n")
    assert [row.split("\t") for row in powers] == [
        ["gen_1", "+3.5 MW", ""],
        ["battery", "-2.0 MW", ""],
    ]
    opened.click("#step-after")
    assert text(opened, "mine", ".below tbody").split("\t") == ["gen_1", "", "held +3.5 MW"]
    assert "older version" in text(opened, "DoNothing", ".below")


def test_agents_are_hidden_and_shown(opened: Any) -> None:
    opened.click("#agents button >> text=other")
    assert opened.locator(".panel").count() == 2
    opened.click("#agents button >> text=other")
    assert opened.locator(".panel").count() == 3


def test_a_link_leads_to_a_step(opened: Any, address: str) -> None:
    opened.fill("#step", "11")
    opened.press("#step", "Enter")
    opened.click("[data-tab=power]")
    link = {"scenario": "march", "seed": "0", "step": "11", "tab": "power"}
    assert place(opened) == link
    opened.goto(f"{address}#scenario=april&seed=0&step=21&tab=candidates")
    opened.wait_for_function("document.querySelector('#episode-name').textContent[0] === 'a'")
    assert step(opened) == 21
    assert opened.get_attribute("[data-tab=candidates]", "aria-selected") == "true"
    opened.keyboard.press("[")
    opened.wait_for_function("document.querySelector('#episode-name').textContent[0] === 'm'")


def test_light_and_dark(opened: Any) -> None:
    def background() -> str:
        return str(opened.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = background()
    opened.click("#theme")
    dark = background()
    assert light != dark
    opened.keyboard.press("d")
    assert background() == light
    opened.emulate_media(color_scheme="dark")
    opened.evaluate("delete document.documentElement.dataset.theme")
    assert background() == dark


def test_the_keys_are_explained(opened: Any) -> None:
    opened.keyboard.press("?")
    assert opened.is_visible("#help")
    opened.keyboard.press("ArrowLeft")
    assert step(opened) == LOST_AT - 1
    opened.click("#help button")
    assert opened.is_hidden("#help")


@pytest.mark.parametrize("opened", [PHONE], indirect=True)
def test_it_fits_a_phone(opened: Any) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    edges = opened.locator(".panel").evaluate_all("all => all.map(e => e.offsetLeft)")
    assert len(set(edges)) == 1
    opened.tap("#step-before")
    assert step(opened) == LOST_AT - 2
    opened.tap('[data-agent="mine"] [data-substation="1"] .dot')
    assert opened.inner_text("#tip").startswith("substation y")
    small = opened.locator("button:visible").evaluate_all(
        "all => all.filter(e => !e.closest('th') && e.offsetHeight < 24).map(e => e.textContent)"
    )
    assert small == []


def test_the_page_is_one_file(address: str) -> None:
    folder = Path(address.removeprefix("file://")).parent
    assert sorted(path.name for path in folder.glob("*.html")) == ["replay.html"]
