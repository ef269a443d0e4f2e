"""Who is in and who is out, by four policies: written down by hand from their rules."""

import pytest

from tests.lab.conftest import Play
from webapp.lab.diagram.comparison import ALL_EQUAL, conclude, first_difference
from webapp.lab.diagram.layout import draw
from webapp.lab.sandbox.run import POLICIES
from webapp.lab.sandbox.scenarios import ALL

# In or out; `!` where that is wrong. You, and then the thief if there is one.
TABLE = {
    #                         evergreen     no-rotation   no-grace      leeway
    "expired-token": ("in", "in", "in", "in"),
    "form-with-expired-token": ("in", "in", "in", "in"),
    "lost-response": ("in", "in", "out!", "out!"),
    "twenty-requests": ("in", "in", "out!", "in"),
    "five-tabs": ("in", "in", "out!", "out!"),
    "thief-replays": ("out out", "in in!", "out out", "out out"),
    "thief-first": ("out out", "in in!", "out out", "out out"),
    "key-withdrawn": ("in out", "in out", "in out", "in out"),
    "forged-token": ("in out", "in out", "in out", "in out"),
    "redis-rolled-back": ("in out", "in in!", "out! in!", "out! in!"),
    "redis-emptied": ("in out", "out! out", "out! out", "out! out"),
    "redis-stopped": ("in", "in", "out!", "in"),
    "logout-during-refresh": ("out", "out", "out", "out"),
    "logout-elsewhere": ("out", "out", "out", "out"),
}


def test_the_table_has_every_scenario_and_policy_in_their_order() -> None:
    assert list(TABLE) == list(ALL)
    assert list(POLICIES) == ["evergreen", "no-rotation", "no-grace", "leeway"]


@pytest.mark.parametrize("slug", TABLE)
@pytest.mark.parametrize("policy", POLICIES)
def test_each_actor_ends_as_the_rules_say(play: Play, slug: str, policy: str) -> None:
    run = play(slug, policy)
    endings = {e.who: ("in" if e.signed_in else "out") + "!" * (not e.right) for e in run.endings}
    endings_of_both = " ".join(endings[who] for who in ("You", "The thief") if who in endings)
    assert endings_of_both == TABLE[slug][list(POLICIES).index(policy)]
    assert all(ending.why.endswith(".") for ending in run.endings)


def conclusion(play: Play, slug: str) -> str:
    return " ".join(conclude([(each, play(slug, each.slug)) for each in POLICIES.values()]))


@pytest.mark.parametrize("slug", [slug for slug, row in TABLE.items() if len(set(row)) == 1])
def test_where_all_end_alike_the_conclusion_says_so_and_no_token_is_sent_again(
    play: Play, slug: str
) -> None:
    assert conclusion(play, slug) == ALL_EQUAL
    assert not [step for step in play(slug).steps if step.words.startswith(("repeated", "reused"))]


@pytest.mark.parametrize("slug", ALL)
def test_the_first_page_of_the_lab_tells_the_outcome(play: Play, slug: str) -> None:
    assert tuple(ending.in_short for ending in play(slug).endings) == ALL[slug].outcome


def test_otherwise_it_names_who_is_wronged_under_which_policy(play: Play) -> None:
    assert conclusion(play, "lost-response") == (
        "You are wrongly out under “Rotation without grace” and “A fixed 10 s leeway”."
    )
    assert conclusion(play, "thief-first") == "The thief is wrongly in under “No rotation”."
    assert conclusion(play, "redis-rolled-back") == (
        "The thief is wrongly in under “No rotation”, “Rotation without grace” and “A fixed 10 s "
        "leeway”. You are wrongly out under “Rotation without grace” and “A fixed 10 s leeway”."
    )


def test_the_first_answer_that_differs_is_found(play: Play) -> None:
    ours, other = play("five-tabs"), play("five-tabs", "no-grace")
    rows = draw(other.steps).rows
    assert rows[first_difference(rows, ours) - 1].words == "reused: a copy"
    assert first_difference(draw(ours.steps).rows, ours) == 0


@pytest.mark.parametrize("policy", ["no-rotation", "no-grace", "leeway"])
def test_the_others_keep_their_sessions_in_one_place(play: Play, policy: str) -> None:
    run = play("expired-token", policy)
    assert run.row == {}
    assert run.entry.startswith("0 " if policy == "no-rotation" else "1 ")


def test_without_rotation_the_refresh_token_never_changes(play: Play) -> None:
    run = play("thief-replays", "no-rotation")
    assert run.tokens["You: refresh_token"] == run.tokens["The thief: refresh_token"]


@pytest.mark.parametrize("wrong", [("nonsense",), ("lost-response", "nonsense")])
def test_what_there_is_not_is_no_run(play: Play, wrong: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        play(*wrong)
    with pytest.raises(KeyError):
        play("forged-token", option="nonsense")
    with pytest.raises(KeyError):
        play("lost-response", option="no-algorithm")


@pytest.mark.parametrize("policy", ["evergreen", "no-grace", "leeway"])
def test_the_owner_gets_one_mail_about_a_theft(play: Play, policy: str) -> None:
    run = play("thief-replays", policy)
    assert sum("mails the owner" in step.words for step in run.steps) == 1
