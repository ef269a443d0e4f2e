"""The texts of the lab's scripts, as JSON for a `data-texts`."""

import json

from webapp.core.text import N_
from webapp.web.language import gettext

PLAYER = {
    "play": N_("▶ Play"),
    "pause": N_("❚❚ Pause"),
    "back": N_("One step back"),
    "on": N_("One step on"),
    "all": N_("Show all"),
    "speed": N_("Speed"),
    "unfold": N_("+ {count} routine steps"),
    "fold": N_("Fold routine steps"),
    "count": N_("{shown} of {count}"),
    "whole": N_("All {count} steps"),
    "help": N_("Player: the space bar plays and pauses, the arrow keys step"),
}
LIVE = {
    "live": N_("Updated once a second."),
    "waiting": N_("No response at the moment. Trying again."),
    "over": N_("This session has ended."),
}


def player_texts() -> str:
    return _json(PLAYER)


def live_texts() -> str:
    return _json(LIVE)


def _json(texts: dict[str, str]) -> str:
    return json.dumps({key: gettext(text) for key, text in texts.items()}, ensure_ascii=False)
