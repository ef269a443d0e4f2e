"""Forms kept for their owner, in Redis: one `draft:<user>` each, gone after an hour."""

import json
import secrets
from dataclasses import asdict

import redis

from webapp.core.drafts import KEPT_FOR, Draft

from .sessions import answering


class RedisDrafts:
    """Serves `core.drafts.Drafts`. A user's newer form takes the place of an older one."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def keep(self, draft: Draft) -> str:
        draft_id = secrets.token_urlsafe(16)
        kept = json.dumps({"id": draft_id, **asdict(draft)})
        with answering():
            self._redis.set(_key(draft.user_id), kept, ex=KEPT_FOR)
        return draft_id

    def take(self, draft_id: str, user_id: str) -> Draft | None:
        with answering():
            kept = self._redis.get(_key(user_id))
            if kept is None or json.loads(kept)["id"] != draft_id:
                return None
            if not self._redis.delete(_key(user_id)):  # of two that come together, one has it
                return None
        facts = json.loads(kept)
        return Draft(
            user_id=facts["user_id"],
            path=facts["path"],
            fields=[(name, value) for name, value in facts["fields"]],
            had_secrets=facts["had_secrets"],
        )


def _key(user_id: str) -> str:
    return f"draft:{user_id}"
