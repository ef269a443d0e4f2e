"""The post office: takes a notice, and has it written and delivered after the answer."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from webapp.core.errors import Unavailable
from webapp.core.notifications import DUMMY_USER, Notification
from webapp.core.security_events import audit_context
from webapp.core.user_agents import describe

from .messages import MessageBuilder
from .transport import Transport

log = logging.getLogger(__name__)

# Notice → where its link leads.
PATHS = {
    Notification.VERIFY_EMAIL: "/verify-email/{token}",
    Notification.CONFIRM_NEW_EMAIL: "/verify-email/{token}",
    Notification.EMAIL_CHANGE_REQUESTED: "/forgot-password",
    Notification.EMAIL_CHANGED_UNDO: "/undo-email/{token}",
    Notification.RESET_PASSWORD: "/reset-password/{token}",
    Notification.ALREADY_REGISTERED: "/forgot-password",
    Notification.PASSWORD_CHANGED: "/forgot-password",
    Notification.SIGN_IN_STOLEN: "/account/password",
}

Later = Callable[[Callable[[], None], str], None]
Load = Callable[[], tuple[MessageBuilder, Transport]]


class BackgroundMailer:
    """Serves `core.notices.Post`."""

    def __init__(
        self, open_up: Load, base_url: str, later: Later, now: Callable[[], float]
    ) -> None:
        """`open_up` is called before the first message, not sooner."""
        self._load = open_up
        self._base_url = base_url
        self._later = later
        self._now = now

    def send(self, notice: Notification, to: str, **facts: str) -> None:
        here = audit_context.get()()
        path = PATHS.get(notice, "").format(token=facts.pop("token", ""))
        facts |= {
            "link": self._base_url + here.script_root + path if path else "",
            "when": datetime.fromtimestamp(self._now(), UTC).strftime("%-d %b %Y, %H:%M UTC"),
            "device": str(describe(here.user_agent)) if here.user_agent else "",
            "ip": here.ip,
        }

        def deliver() -> None:
            builder, transport = self._office
            message = builder.write(notice, to, facts)
            if to != DUMMY_USER.email:
                transport.deliver(message)

        try:
            self._later(deliver, notice)
        except Unavailable:
            log.error("too much mail is waiting; not sent: %s", notice)

    @cached_property
    def _office(self) -> "tuple[MessageBuilder, Transport]":
        return self._load()
