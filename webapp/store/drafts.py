"""Forms kept for their owner, in Redis: `draft:<id>`, gone after an hour."""

import json
import secrets
from dataclasses import asdict

import redis

from webapp.core.drafts import KEPT_FOR, Draft

from .sessions import answering


class RedisDrafts:
    """Serves `core.drafts.Drafts`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def keep(self, draft: Draft) -> str:
        draft_id = secrets.token_urlsafe(16)
        with answering():
            self._redis.set(f"draft:{draft_id}", json.dumps(asdict(draft)), ex=KEPT_FOR)
        return draft_id

    def take(self, draft_id: str, user_id: str) -> Draft | None:
        with answering():
            kept = self._redis.get(f"draft:{draft_id}")
            # Of two that come together, one deletes it and has it.
            if kept is None or json.loads(kept)["user_id"] != user_id:
                return None
            if not self._redis.delete(f"draft:{draft_id}"):
                return None
        facts = json.loads(kept)
        fields = [(name, value) for name, value in facts.pop("fields")]
        return Draft(fields=fields, **facts)
