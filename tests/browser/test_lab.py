"""The lab as people see it: scenarios played, the live picture, the tour, accessibility."""

import pytest
from flask import Flask
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

from tests.support.clock import Clock
from tests.support.servers import RedisServer
from webapp.lab.live.redis_exchanges import SANDBOX_PREFIX
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.tour import TOUR

from .looks import DESKTOP, PHONE, Judge, look, refusals, too_wide
from .page import Keyboard, Page

# Scenario → what its picture has to say, and how its entry in Redis begins afterwards.
OUTCOMES = {
    "expired-token": ("rotated to 1", "1 "),
    "form-with-expired-token": ("303, done, cookies 1", "1 "),
    "twenty-requests": ("19 requests: given 1 again", "1 "),
    "five-tabs": ("tab 5: given 1 again", "1 "),
    "lost-response": ("the response never arrives", "1 "),
    "thief-replays": ("reused: a copy", "ended reuse"),
    "thief-first": ("reused: a copy", "ended reuse"),
    "redis-rolled-back": ("healed: 3", "3 "),
    "redis-emptied": ("healed: 1", "1 "),
    "redis-stopped": ("503, try again", "1 "),
    "logout-during-refresh": ("tab 1: ended: logout", "ended logout"),
    "logout-elsewhere": ("tab 1: ended: logout", "ended logout"),
    "key-withdrawn": ("rotated to 1", "1 "),
    "forged-token": ("not issued here", "0 "),
}

VALUE = "return document.querySelector(`[data-fact=${arguments[0]}] .value`).textContent"


@pytest.fixture
def page(page: Page, app: Flask) -> Page:
    """Signed in, and without motion: pictures are whole at once."""
    page.let_in(app)
    look(page, "light", DESKTOP)
    return page


def drawn(page: Page) -> str:
    """All words of the picture."""
    words = "return [...document.querySelectorAll('.drawn svg g text')].map((t) => "
    lines = "[...t.children].map((line) => line.textContent).join(' ')).join('\\n')"
    text: str = page.script(words + lines)
    return text


@pytest.mark.thorough("browsers in full")
def test_every_scenario_ends_as_its_picture_and_the_store_say(
    page: Page, redis_server: RedisServer
) -> None:
    assert OUTCOMES.keys() == ALL.keys()
    for slug, scenario in ALL.items():
        page.open(f"/lab/scenarios/{slug}")
        right = next(i for i, choice in enumerate(scenario.choices) if choice.right)
        page.click(f"choice-{right}")
        page.click("run")
        page.wait_for("endings")
        assert page.find("prediction").get_attribute("data-right") == "yes", slug
        words, entry = OUTCOMES[slug]
        picture = drawn(page)
        assert words in picture, slug
        for who, state in endings(page):
            assert f"{who}: rightly {state}" in picture, slug
        sid = page.script(VALUE, "row-sid")
        kept = str(redis_server.client().get(SANDBOX_PREFIX + sid))
        assert kept.startswith(entry), slug
        shown = page.script(VALUE, "entry-tombstone" if "ended" in kept else "entry-gen")
        assert shown in kept, slug


def endings(page: Page) -> list[tuple[str, str]]:
    """Who, and whether they are in or out."""
    found = page.script(
        "return [...document.querySelectorAll('[data-testid=ending] b')].map((b) => b.textContent)"
    )
    assert found
    return [tuple(words.split(": signed ")) for words in found]


def test_the_same_scenario_under_other_rules_shows_who_is_wronged(page: Page) -> None:
    page.open("/lab/compare/lost-response")
    wrong = {
        policy: "wrongly out" in page.text(f"policy-{policy}")
        for policy in ("evergreen", "no-rotation", "no-grace", "leeway")
    }
    assert wrong == {"evergreen": False, "no-rotation": False, "no-grace": True, "leeway": True}
    assert drawn(page).count("You: wrongly out") == 2


@pytest.mark.thorough("browsers in full")
def test_pictures_of_wrong_endings_are_open_but_on_a_phone_the_chosen_one_alone(page: Page) -> None:
    opened = "return [...document.querySelectorAll('.policy [open] h2')].map((h) => h.textContent)"
    page.open("/lab/compare/five-tabs")
    assert page.script(opened) == ["Rotation without grace", "A fixed 10 s leeway"]
    look(page, "light", PHONE)
    page.open("/lab/compare/five-tabs")
    assert page.script(opened) == []
    page.find("outcome").find_element(By.LINK_TEXT, "Evergreen").click()
    page.wait(lambda: page.script(opened) == ["Evergreen"])


@pytest.mark.thorough("browsers in full")
def test_on_a_phone_no_box_scrolls_in_the_page(page: Page) -> None:
    look(page, "light", PHONE)
    page.open("/lab")
    scrolling = "return [...document.querySelectorAll('.lab *')].filter((each) => "
    scrolling += "getComputedStyle(each).overflowY === 'auto').map((each) => each.className)"
    assert page.script(scrolling) == []


@pytest.mark.thorough("browsers in full")
def test_the_newest_request_is_open_and_all_others_are_closed(page: Page) -> None:
    page.open("/lab")
    for path in ("/account", "/dashboard"):
        page.script(f"return fetch('{path}')")
        page.wait(lambda path=path: f"GET {path}" in page.text("exchanges"))
    page.open("/lab")
    page.script("return fetch('/account/security')")
    open_ones = (
        "return [...document.querySelectorAll('.exchange details')].map((each) => each.open)"
    )
    page.wait(lambda: len(page.script(open_ones)) >= 5)
    assert page.script(open_ones)[0]
    assert not any(page.script(open_ones)[1:])


def test_the_last_five_requests_are_shown_until_all_are_asked_for(page: Page) -> None:
    page.open("/lab")
    for _ in range(3):
        page.script("return Promise.all([fetch('/account'), fetch('/dashboard')])")
    page.wait(lambda: len(page.find_all("exchange")) >= 6)
    assert [each.is_displayed() for each in page.find_all("exchange")][:6] == [True] * 5 + [False]
    page.click("all-exchanges")
    assert all(each.is_displayed() for each in page.find_all("exchange"))


def test_a_silent_refresh_is_drawn_and_what_it_changed_lights_up(page: Page) -> None:
    page.open("/lab")
    page.click("session-parts")
    page.click("send-without")
    page.wait(lambda: "renewed silently: rotated" in page.text("exchanges"))
    picture = drawn(page)
    for words in ("redeem 0", "rotated to 1", "both cookies renewed"):
        assert words in picture
    for fact in ("access-gen", "refresh-gen", "entry-gen"):
        line = page.find(f"fact-{fact}")
        assert line.find_element(By.CLASS_NAME, "value").text == "1"
        assert "changed" in str(line.get_attribute("class"))


COUNT_REQUESTS = """
const real = window.fetch;
window.underway = 0;
window.fetch = (...request) => {
  window.underway += 1;
  return real(...request).finally(() => { window.underway -= 1; });
};
"""


@pytest.mark.thorough("browsers in full")
def test_a_refresh_in_another_tab_slides_in_by_itself(page: Page, clock: Clock) -> None:
    """The lab's own polls rest meanwhile: one of them would be the first to refresh."""
    page.on_every_page(COUNT_REQUESTS)
    page.open("/lab")
    lab = page.tab
    page.script("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.wait(lambda: page.script("return window.underway") == 0)
    clock.advance(301)
    page.open_tab("/account")
    page.switch(lab)
    page.script("delete document.hidden")
    page.wait(lambda: "GET /account renewed silently: rotated" in requests_shown(page))


def requests_shown(page: Page) -> str:
    return " ".join(page.text("exchanges").split())


@pytest.mark.thorough("browsers in full")
def test_a_line_that_was_opened_stays_open_while_others_change(page: Page) -> None:
    page.open("/lab")
    page.click("session-parts")
    summary = page.find("fact-access-exp").find_element(By.TAG_NAME, "summary")
    summary.send_keys(Keys.ENTER)
    page.script("return fetch('/account')")
    page.wait(lambda: "GET /account" in page.text("exchanges"))
    assert "to the second" in page.text("fact-access-exp")


@pytest.mark.thorough("browsers in full")
def test_a_picture_plays_pauses_and_goes_step_by_step(page: Page) -> None:
    page.cdp("Emulation.setEmulatedMedia", features=[])
    page.open("/lab/scenarios/expired-token")
    page.click("run")
    page.wait_for("play")
    shown, _, whole = page.text("count").partition(" of ")
    assert shown == whole
    page.click("play")
    page.wait(lambda: int(page.text("count").split()[0]) in range(2, int(whole)))
    page.click("play")
    shown = page.text("count").split()[0]
    assert int(shown) < int(whole)
    page.click("step-on")
    assert page.text("count") == f"{int(shown) + 1} of {whole}"
    keyboard = Keyboard(page)
    keyboard.hit(Keys.ARROW_LEFT)
    assert page.text("count") == f"{shown} of {whole}"
    page.click("show-all")
    assert page.text("count") == f"{whole} of {whole}"
    keyboard.hit(Keys.ARROW_LEFT)
    assert page.text("count") == f"{int(whole) - 1} of {whole}"


CENTRE = """
const { top, bottom } = document.querySelector('.drawn g.current').getBoundingClientRect();
const below = document.querySelector('.pinned').getBoundingClientRect().bottom;
return [(top + bottom) / 2 - below, innerHeight - below];
"""
PINNED = "return document.querySelector('.stage .pinned').getBoundingClientRect().top"


def play_on(page: Page, slug: str, steps: int) -> None:
    """The picture of a scenario, at that step."""
    page.open(f"/lab/scenarios/{slug}")
    page.click("run")
    page.wait_for("play")
    page.script("document.querySelector('.stage .drawn').focus({ preventScroll: true })")
    keyboard = Keyboard(page)
    keyboard.hit(" ")
    keyboard.hit(" ")
    for _ in range(steps - 1):
        keyboard.hit(Keys.ARROW_RIGHT)
    assert page.text("count").startswith(f"{steps} of ")


def test_the_page_follows_the_player_whose_head_stays_in_view(page: Page) -> None:
    play_on(page, "thief-replays", 20)
    middle, room = page.script(CENTRE)
    assert 0.3 < middle / room < 0.7
    assert abs(page.script(PINNED)) < 1


@pytest.mark.thorough("browsers in full")
def test_on_a_phone_the_current_step_is_shown_below_the_controls(page: Page) -> None:
    look(page, "light", PHONE)
    play_on(page, "thief-replays", 10)
    step = page.script("return document.querySelector('.steps [aria-current] .words').textContent")
    assert step in page.text("caption")
    middle, room = page.script(CENTRE)
    assert 0.2 < middle / room < 0.8
    assert abs(page.script(PINNED)) < 1


OUTSIDE = """
const { left, right } = document.querySelector('.stage').getBoundingClientRect();
return [...document.querySelectorAll('.stage :is(.heads, .lanes) text')].filter((text) => {
  const box = text.getBoundingClientRect();
  return box.width && (box.left < left || box.right > right);
}).map((text) => text.textContent);
"""
OVERLAPPING = """
const heads = [...document.querySelectorAll('.stage .heads text')];
const boxes = heads.map((text) => text.getBoundingClientRect());
return boxes.filter((box, i) => i && box.left < boxes[i - 1].right).length;
"""


@pytest.mark.parametrize(
    ("language", "play", "pause", "in_words"),
    [
        ("en", "▶ Play", "❚❚ Pause", "signed out"),
        ("vi", "▶ Phát", "❚❚ Tạm dừng", "đã đăng xuất"),
        ("th", "▶ เล่น", "❚❚ หยุดชั่วคราว", "ออกจากระบบแล้ว"),
    ],
)
def test_a_picture_fits_a_phone_and_its_player_speaks_every_language(
    page: Page, language: str, play: str, pause: str, in_words: str
) -> None:
    page.open("/lab/scenarios/thief-replays")
    page.click(f"language-{language}")
    page.wait(lambda: page.script("return document.documentElement.lang") == language)
    look(page, "light", PHONE)
    page.click("run")
    page.wait_for("play")
    assert in_words in page.text("endings")
    for _folded in range(2):
        assert (too_wide(page, PHONE), page.script(OUTSIDE), page.script(OVERLAPPING)) == (
            [],
            [],
            0,
        )
        page.click("routine-steps")
    assert page.text("play") == play
    page.click("play")
    assert page.text("play") == pause


# The intervals of timers that start from now on, in ms.
RECORD = """
window.intervals = [];
const before = setInterval;
window.setInterval = (what, ms) => { window.intervals.push(ms); return before(what, ms); };
"""


def test_at_twice_the_speed_a_step_takes_half_the_time(page: Page) -> None:
    page.open("/lab/scenarios/expired-token")
    page.click("run")
    page.wait_for("play")
    page.script(RECORD)
    page.click("play")
    page.find("speed").send_keys("2")
    page.wait(lambda: len(page.script("return window.intervals")) == 2)
    usual, fast = page.script("return window.intervals")
    assert fast == usual / 2


VISIBLE_STEPS = (
    "return [...document.querySelectorAll('.steps li')].filter((li) => !li.hidden).length"
)
HEIGHT = "return document.querySelector('.stage .lanes').getBoundingClientRect().height"


def test_routine_steps_are_folded_until_they_are_asked_for(page: Page) -> None:
    page.open("/lab/scenarios/five-tabs")
    page.click("run")
    page.wait_for("play")
    folded, height = page.script(VISIBLE_STEPS), page.script(HEIGHT)
    assert page.text("count") == f"{folded} of {folded}"
    page.click("routine-steps")
    assert page.script(VISIBLE_STEPS) > folded
    assert page.script(HEIGHT) > height
    page.click("routine-steps")
    assert (page.script(VISIBLE_STEPS), page.script(HEIGHT)) == (folded, height)


@pytest.mark.thorough("browsers in full")
def test_they_are_not_folded_where_the_point_is_in_one_of_them(page: Page) -> None:
    page.open("/lab/scenarios/logout-during-refresh")
    page.click("run")
    page.wait_for("play")
    assert not page.find_all("routine-steps")
    assert page.find("speed").get_attribute("value") == "1"


def test_a_scenario_that_was_run_is_marked_on_the_first_page(page: Page) -> None:
    page.open("/lab")
    assert not page.find_all("done")
    page.open("/lab/scenarios/five-tabs")
    page.open("/lab")
    assert not page.find_all("done")
    page.open("/lab/scenarios/five-tabs")
    page.click("run")
    page.wait_for("endings")
    page.open("/lab")
    assert [mark.text for mark in page.find_all("done")] == ["✓ Done"]
    assert "Done" in page.text("scenario-five-tabs")
    assert page.text("done-count") == "1 of 14 done, in this browser."
    shown = [each.text for each in page.find_all("scenario-outcome") if each.is_displayed()]
    assert shown == ["✓ You: in"]


def test_a_word_opens_its_meaning_by_the_keyboard(page: Page) -> None:
    page.open("/lab/walk/7")
    shown = "return document.querySelector('#meaning-tombstone').matches(':popover-open')"
    page.script("document.querySelector('[popovertarget=meaning-tombstone]').focus()")
    keyboard = Keyboard(page)
    keyboard.hit(Keys.ENTER)
    assert page.script(shown)
    keyboard.hit(Keys.ESCAPE)
    assert not page.script(shown)


def test_lifetimes_are_calculated_while_they_are_typed(page: Page) -> None:
    page.open("/lab/lifetimes")
    page.fill(**{"lifetimes-access": "1"})
    page.wait(lambda: page.text("result-without-list") == "up to 1 min")
    assert "access=1&access_unit=min" in page.driver.current_url
    page.find("lifetimes-access-unit").send_keys("hours")
    page.wait(lambda: page.text("result-without-list") == "up to 1 h")
    page.fill(**{"lifetimes-access": "x"})
    page.wait(lambda: page.find("lifetimes-access").get_attribute("aria-invalid") == "true")
    assert "whole number" in page.text("lifetimes-form")
    page.fill(**{"lifetimes-access": "3", "lifetimes-idle": "300"})
    page.wait(lambda: page.find("lifetimes-idle").get_attribute("aria-invalid") == "true")
    page.fill(**{"lifetimes-limit": "300"})
    page.wait(lambda: page.text("result-without-list") == "up to 3 h")
    assert page.find("lifetimes-idle").get_attribute("aria-invalid") is None


@pytest.mark.thorough("browsers in full")
def test_the_walk_goes_by_arrow_keys_there_and_back(page: Page) -> None:
    page.open("/lab/walk/1")
    keyboard = Keyboard(page)
    for number, stop in enumerate(TOUR, 1):
        page.wait(lambda number=number: page.path == f"/lab/walk/{number}")
        page.wait(lambda title=stop.title: title in page.text("stop"))
        if number < len(TOUR):
            keyboard.hit(Keys.ARROW_RIGHT)
    keyboard.hit(Keys.ARROW_LEFT)
    page.wait(lambda: page.path == "/lab/walk/6")


def test_all_of_it_works_with_scripts_off(page: Page) -> None:
    page.cdp("Emulation.setScriptExecutionDisabled", value=True)
    page.open("/lab")
    page.find("scenario-thief-first").find_element(By.TAG_NAME, "a").click()
    page.click("choice-0")
    page.click("run")
    page.wait(lambda: len(page.find_all("ending")) == 2)
    page.click("to-compare")
    page.wait_for("policy-leeway")
    page.open("/lab/lifetimes")
    page.fill(**{"lifetimes-access": "1"})
    page.click("lifetimes-submit")
    page.wait(lambda: page.text("result-without-list") == "up to 1 min")


@pytest.mark.thorough("browsers in full")
def test_it_is_accessible_and_fits_a_phone(page: Page, judge: Judge) -> None:
    found = {}
    for path in (
        *("/lab", "/lab/walk/6", "/lab/compare", "/lab/compare/thief-first"),
        *("/lab/scenarios/five-tabs", "/lab/questions", "/lab/architectures", "/lab/lifetimes"),
        "/lab/lifetimes?access=x&users=0",
    ):
        look(page, "light", DESKTOP)
        page.drain_logs()
        page.open(path)
        if path == "/lab":
            page.script("return fetch('/account')")
            page.wait(lambda: "GET /account" in page.text("exchanges"))
        if "scenarios" in path:
            page.click("run")
            page.wait_for("endings")
            page.click("step-back")
        page.script("document.querySelectorAll('.lab details').forEach((e) => { e.open = true; })")
        found[path] = refusals(page)
        found |= judge(page, path)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
