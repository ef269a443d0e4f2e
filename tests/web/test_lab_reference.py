"""The lab's pages to look things up: questions, architectures, lifetimes, and what they link to."""

import re
from html import unescape

import pytest

from scripts.bootstrap import ROOT
from tests.support.browser import Browser
from webapp.config import Settings
from webapp.core.end_reasons import EndReason
from webapp.lab.architectures import COMPARISONS
from webapp.lab.glossary import WORDS
from webapp.lab.sandbox.scenarios import ALL
from webapp.web.messages import WHY_SIGNED_OUT

PAGES = ["/lab/questions", "/lab/architectures", "/lab/lifetimes"]
QUESTIONS = range(1, 13)


@pytest.fixture
def questions(browser: Browser) -> str:
    return browser.get("/lab/questions").text


def question(page: str, number: int) -> str:
    return page.partition(f'data-testid="question-{number}"')[2].partition("</section>")[0]


def result(page: str, name: str) -> str:
    found = re.search(rf'data-testid="result-{name}">(.*?)<', page)
    assert found, name
    return found[1].replace("\N{NO-BREAK SPACE}", " ")


class TestQuestions:
    @pytest.mark.parametrize("number", QUESTIONS)
    def test_each_is_answered_in_short_and_then_folded_in_short_paragraphs(
        self, questions: str, number: int
    ) -> None:
        answer = question(questions, number)
        assert re.search(r'<div class="prose">\s*<p><b>[^<]{10,110}[.]</b></p>', answer), answer
        paragraphs = re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", answer, re.DOTALL)
        assert len(paragraphs) > 2 or number == 12
        for paragraph in paragraphs:
            plain = re.sub(r'<a class="term-link".*?</a>|<[^>]+>', "", paragraph)
            assert len(plain.split()) < 70, plain
            assert all(len(each.split()) < 40 for each in re.split(r"[.:;](?=\s)", plain)), plain

    @pytest.mark.parametrize("number", QUESTIONS)
    def test_each_names_its_code(self, questions: str, number: int) -> None:
        assert 'data-source="' in question(questions, number)

    def test_the_owner_sees_the_notice_of_the_sign_in_page(self, questions: str) -> None:
        assert f"<q>{WHY_SIGNED_OUT[EndReason.REUSE]}</q>" in question(questions, 6)

    def test_their_links_lead_somewhere(self, questions: str, browser: Browser) -> None:
        paths = set(re.findall(r'href="(/lab/[^"#]+)', questions))
        assert any(path.startswith("/lab/scenarios/") for path in paths)
        for path in paths - {"/lab/walk"}:
            assert browser.get(path).status_code == 200, path


@pytest.mark.parametrize("path", [*PAGES, "/lab/scenarios/five-tabs"])
def test_the_code_that_a_page_names_is_there(browser: Browser, path: str) -> None:
    page = (browser.post if "scenarios" in path else browser.get)(path).text
    places = re.findall(r'<a href="(.+?)"><code data-source="(.+?)" data-symbol="(.*?)"', page)
    assert len(places) == page.count("data-source")
    for link, file, symbol in places:
        name = unescape(symbol).rpartition("::")[2]
        assert name in (ROOT / file).read_text(), f"{symbol} in {file}"
        shown = browser.get(unescape(link)).text
        line = shown.partition('data-testid="source-found">')[2].partition("</span>")[0]
        assert name in unescape(line.replace("<wbr>", ""))
        assert bool(line) == bool(symbol), link


@pytest.mark.parametrize(
    ("query", "back"),
    [
        ("?from=q7", "/lab/questions#q7"),
        ("?from=five-tabs", "/lab/scenarios/five-tabs"),
        ("?from=lifetimes", "/lab/lifetimes"),
        *((query, "/lab/questions") for query in ("", "?from=//evil.example", "?from=q7/../x")),
    ],
)
def test_the_code_leads_back_to_the_page_that_named_it(
    browser: Browser, query: str, back: str
) -> None:
    page = browser.get(f"/lab/code/webapp/core/sessions.py{query}").text
    assert f'<a href="{back}">← ' in page


@pytest.mark.parametrize("path", ["/lab", "/lab/walk/5", "/lab/compare/five-tabs", *PAGES])
def test_each_page_can_explain_each_word_once(browser: Browser, path: str) -> None:
    page = browser.get(path).text
    for word in WORDS:
        assert page.count(f'id="meaning-{word}"') == 1
    used = re.findall(r'popovertarget="meaning-(\w+)"', page)
    assert len(used) == len(set(used))
    assert used or path == "/lab/compare/five-tabs"
    assert path != "/lab" or set(used) == set(WORDS)


def test_words_have_a_place_to_link_to(questions: str) -> None:
    for word in WORDS:
        assert questions.count(f'id="word-{word}"') == 1


def test_the_defaults_that_an_answer_names_are_those_of_the_settings(questions: str) -> None:
    defaults = [
        *(Settings.access_token_ttl // 60, Settings.refresh_token_ttl // 86400),
        *(Settings.session_idle_ttl // 3600, Settings.session_max_age // 86400),
        Settings.refresh_grace,
    ]
    [sentence] = re.findall(r"<b>The defaults</b> are (.+?), in this order", questions)
    assert [int(number) for number in re.findall(r"\d+", sentence)] == defaults


def test_each_cell_of_the_table_leads_to_the_picture_of_its_policy(browser: Browser) -> None:
    cells = re.findall(r'href="(/lab/compare/[\w-]+)#([\w-]+)"', browser.get("/lab/compare").text)
    assert len(cells) == len(set(cells)) == len(ALL) * 4
    page = browser.get("/lab/compare/five-tabs").text
    for path, anchor in cells:
        if path.endswith("five-tabs"):
            assert f' id="{anchor}"' in page


class TestArchitectures:
    def test_each_table_has_a_cell_for_each_column(self) -> None:
        for comparison in COMPARISONS:
            assert len(comparison.rows) == 8
            for question, cells in comparison.rows.items():
                assert len(cells) == len(comparison.columns), question

    def test_says_where_another_one_is_better(self, browser: Browser) -> None:
        page = browser.get("/lab/architectures").text
        for comparison in COMPARISONS:
            table = page.partition(f'data-testid="architectures-{comparison.key}"')[2]
            assert "Best here" in table.partition("</table>")[0]


class TestLifetimes:
    def test_begin_with_the_settings_of_this_server(self, browser: Browser) -> None:
        page = browser.get("/lab/lifetimes").text
        values = dict(re.findall(r'name="(\w+)"\s+value="(\d+)"', page))
        assert [values[name] for name in ("access", "grace", "idle", "limit")] == [
            *("5", "30", "30", "90")
        ]
        assert re.findall(r'value="(\w+)" selected', page) == ["min", "s", "d", "d", "h"]
        assert result(page, "grace") == "30 s"
        assert result(page, "refreshes") == "2.8"
        assert result(page, "without-list") == "up to 5 min"
        assert result(page, "worst") == "up to 90 days"
        assert result(page, "nist") == "longer than all levels"

    def test_are_calculated_from_the_query(self, browser: Browser) -> None:
        query = "access=60&idle=1&limit=24&users=5000&requests=120&pause=14"
        page = browser.get(f"/lab/lifetimes?{query}").text
        assert result(page, "refreshes") == "56"
        assert result(page, "without-list") == "up to 1 min"
        assert result(page, "sign-in") == "after each pause of 1 h"
        assert result(page, "nist") == "AAL2"

    def test_that_end_before_a_refresh_get_sentences_that_fit(self, browser: Browser) -> None:
        page = browser.get("/lab/lifetimes?access=3600&idle=1&limit=1").text
        assert result(page, "refreshes") == "0"
        assert "a second" not in page.partition('id="results"')[2].partition("</section>")[0]
        assert (result(page, "sign-in"), result(page, "worst")) == ("every 1 h", "up to 1 h")

    def test_that_are_renewed_all_the_time_get_a_share(self, browser: Browser) -> None:
        page = browser.get("/lab/lifetimes?access=1&requests=1&idle=2").text
        assert "100 % of the requests" in page

    def test_are_in_the_language_of_each_reader(self, browser: Browser) -> None:
        for language, days in (("en", "30 days"), ("th", "30 วัน"), ("vi", "30 ngày")):
            page = browser.get("/lab/lifetimes", **{"Accept-Language": language}).text
            assert f">{days}</td>" in page.replace("\N{NO-BREAK SPACE}", " ")

    def test_that_are_wrong_are_shown_with_the_reason(self, browser: Browser) -> None:
        answer = browser.get("/lab/lifetimes?access=<b>&users=0&pause=3")
        assert answer.status_code == 422
        assert answer.text.count('aria-invalid="true"') == 2
        assert 'value="&lt;b&gt;"' in answer.text
        assert 'value="3"' in answer.text
        assert "Enter a number from 1 to 10,000,000." in answer.text
        assert "result-refreshes" not in answer.text
        assert re.findall('<a href="#(.*?)">', answer.text.partition("wrong-fields")[2]) == [
            *("access", "users")
        ]

    def test_that_are_wrong_take_the_button_to_the_first_of_them(self, browser: Browser) -> None:
        page = browser.get("/lab/lifetimes?idle=x&users=0").text
        assert page.count('id="results"') == 1
        assert page.partition('id="results"')[2].partition('id="')[2].startswith("idle-about")
