"""Saved forms in Redis, for an hour.

`draft:forms:<user>` is a hash: id → the form as JSON. `draft:sent:<user>:<id>` is the path of a
form that was sent or is claimed: so one of two requests that send it is handled.
"""

import json
import secrets
from dataclasses import asdict
from typing import Any

import redis

from webapp.core.saved_forms import MAX_SAVED_FORMS, SAVED_FORM_TTL, SENDING_TTL, SavedForm

from .errors import translate_redis_errors

# In one step, so that no personal data is left without an expiry.
SAVE_SCRIPT = """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])
"""


class RedisSavedForms:
    """Serves `core.saved_forms.SavedFormStore`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._save_script = client.register_script(SAVE_SCRIPT)

    def save(self, draft: SavedForm, draft_id: str | None = None) -> str:
        key = _forms(draft.user_id)
        drafts = self.saved(draft.user_id, draft.saved_at)
        if draft_id not in drafts:
            draft_id = secrets.token_urlsafe(16)
        with translate_redis_errors():
            for surplus in list(drafts)[MAX_SAVED_FORMS - 1 :]:
                self._redis.hdel(key, surplus)
            self._save_script(
                keys=[key], args=[draft_id, json.dumps(asdict(draft)), SAVED_FORM_TTL]
            )
        return draft_id

    def saved(self, user_id: str, now: float) -> dict[str, SavedForm]:
        with translate_redis_errors():
            entries: Any = self._redis.hgetall(_forms(user_id))
        drafts = {draft_id: _saved_form(**json.loads(text)) for draft_id, text in entries.items()}
        fresh = {key: each for key, each in drafts.items() if now - each.saved_at < SAVED_FORM_TTL}
        return dict(sorted(fresh.items(), key=lambda pair: pair[1].saved_at, reverse=True))

    def claim(self, draft: SavedForm, draft_id: str) -> bool:
        key = _sent(draft.user_id, draft_id)
        with translate_redis_errors():
            return bool(self._redis.set(key, draft.path, nx=True, ex=SENDING_TTL))

    def sent_to(self, draft_id: str, user_id: str) -> str | None:
        with translate_redis_errors():
            path: Any = self._redis.get(_sent(user_id, draft_id))
        return path or None

    def release(self, draft_id: str, user_id: str) -> None:
        with translate_redis_errors():
            self._redis.delete(_sent(user_id, draft_id))

    def remove(self, draft: SavedForm, draft_id: str) -> None:
        with translate_redis_errors():
            self._redis.set(_sent(draft.user_id, draft_id), draft.path, ex=SAVED_FORM_TTL)
            self._redis.hdel(_forms(draft.user_id), draft_id)


def _forms(user_id: str) -> str:
    return f"draft:forms:{user_id}"


def _sent(user_id: str, draft_id: str) -> str:
    return f"draft:sent:{user_id}:{draft_id}"


def _saved_form(fields: list[list[str]], **facts: Any) -> SavedForm:
    return SavedForm(fields=[(name, value) for name, value in fields], **facts)
