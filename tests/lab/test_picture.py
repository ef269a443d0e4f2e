"""Where everything stands in a picture."""

from webapp.lab.diagram.grouping import MIN_GROUP
from webapp.lab.diagram.layout import WIDTH, Picture, draw, format_duration
from webapp.lab.diagram.lines import width
from webapp.lab.diagram.outcomes import with_outcomes
from webapp.lab.diagram.steps import Ending, Run, Step


def crowd(size: int) -> list[Step]:
    asked = [Step("browser", "app", "GET /", who=f"tab {n}") for n in range(size)]
    return [*asked, *(Step("app", "browser", "200", result="good", who=s.who) for s in asked)]


def words(picture: Picture) -> list[str]:
    return [" ".join(line for _, line in row.lines) for row in picture.rows]


def test_there_are_the_usual_lanes_and_a_thief_only_where_one_comes() -> None:
    assert [lane.name for lane in draw([]).lanes] == ["Browser", "App", "Redis", "SQL"]
    assert draw([Step("thief", "app", "GET /")]).lanes[0].name == "Thief"


def test_no_row_reaches_into_the_next_and_all_stay_within_the_picture() -> None:
    steps = [
        Step("browser", "app", "a rather long line that needs more than one row of words"),
        Step("app", "app", "a note beside a lane that is long enough for two"),
        Step("browser", "browser", "five minutes later", 300),
        Step("app", "sql", "open?", 300),
        Step("sql", "app", "open", 3900, "good"),
    ]
    picture = draw(steps)
    for row, after in zip(picture.rows, picture.rows[1:], strict=False):
        assert row.top < row.lines[0][0] <= row.lines[-1][0] < row.bottom <= after.top
    assert picture.rows[-1].bottom < picture.height
    for row in picture.rows:
        assert max(width(line) for _, line in row.lines) < WIDTH


def test_what_is_good_or_refused_is_said_by_a_sign_too() -> None:
    results = ("plain", "good", "refused", "outage")
    steps = [Step("app", "redis", "x", result=result) for result in results]
    assert words(draw(steps)) == ["x", "✓ x", "✕ x", "! x"]
    assert draw(steps).results == ("good", "refused", "outage")


def test_time_that_passes_is_shown_once() -> None:
    waiting = Step("browser", "browser", "an hour later", 3600)
    assert [row.kind for row in draw([waiting]).rows] == ["pause"]
    assert not draw([waiting]).pauses
    untold = draw([Step("browser", "app", "GET /", 3600)])
    assert [pause.words for pause in untold.pauses] == ["1 h later"]


def test_spans_are_written_in_the_unit_that_fits() -> None:
    spans = {0.0004: "0.4 ms", 15: "15 s", 301: "5 min", 3600: "1 h", 30 * 86400: "30 days"}
    assert {seconds: format_duration(seconds) for seconds in spans} == spans


def test_many_at_the_same_moment_are_one_arrow_and_a_few_are_not() -> None:
    assert words(draw(crowd(MIN_GROUP))) == ["6 tabs: GET /", "✓ 6 tabs: 200"]
    assert len(draw(crowd(MIN_GROUP - 1)).rows) == 2 * (MIN_GROUP - 1)


def test_who_differs_from_a_crowd_is_still_seen() -> None:
    odd = Step("app", "browser", "login page", result="refused", who="tab 9")
    assert words(draw([*crowd(MIN_GROUP), odd]))[-1] == "✕ tab 9: login page"


def test_a_run_ends_with_the_outcome_for_each_actor() -> None:
    signing_in = (Step("browser", "app", "POST /login"), Step("app", "browser", "signed in"))
    endings = (Ending("You", True, True, ""), Ending("The thief", True, False, ""))
    run = Run("x", "y", (*signing_in, Step("thief", "app", "GET /")), endings, "", {})
    rows = draw(with_outcomes(run), len(endings)).rows
    assert [row.kind for row in rows] == ["arrow", "arrow", "arrow", "ending", "ending"]
    assert words(draw(with_outcomes(run)))[-2:] == ["✓ You: rightly in", "✕ The thief: wrongly in"]
    assert len(with_outcomes(run, from_sign_in=False)) == 3
