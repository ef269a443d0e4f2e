"""Queue a notification: it is rendered and delivered after the response."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from babel.dates import format_datetime

from webapp.core.errors import Unavailable
from webapp.core.notifications import DUMMY_USER, Notification
from webapp.core.security_events import AuditContext, audit_context
from webapp.runtime.device_names import device_name
from webapp.runtime.translations import DEFAULT

from .messages import MessageBuilder
from .transport import Transport

log = logging.getLogger(__name__)

# Notification → path of its link.
PATHS = {
    Notification.VERIFY_EMAIL: "/verify-email/{token}",
    Notification.CONFIRM_NEW_EMAIL: "/verify-email/{token}",
    Notification.EMAIL_CHANGE_REQUESTED: "/forgot-password",
    Notification.EMAIL_CHANGED_UNDO: "/undo-email/{token}",
    Notification.RESET_PASSWORD: "/reset-password/{token}",
    Notification.ALREADY_REGISTERED: "/forgot-password",
    Notification.PASSWORD_CHANGED: "/forgot-password",
    Notification.SIGN_IN_STOLEN: "/account/password",
    Notification.NEW_SIGN_IN: "/not-me/{token}",
    Notification.FACTOR_ADDED: "/account/security",
    Notification.FACTOR_REMOVED: "/account/security",
    Notification.RECOVERY_CODE_USED: "/account/recovery-codes",
    Notification.CODES_GUESSED: "/forgot-password",
    Notification.FACTORS_RESET: "/account/security",
}

# CLDR: 21 Nov 2026, 10:00.
PATTERN = "d MMM y, HH:mm"

# Anyone who is signed in can cause it, by an e-mail address that another account has.
BY_ANYONE = {Notification.ALREADY_REGISTERED}

Enqueue = Callable[[Callable[[], None], str], None]
Load = Callable[[], tuple["MessageBuilder", Transport]]


class BackgroundMailer:
    """Implements `core.notifications.Mailer`."""

    def __init__(
        self, load: Load, base_url: str, enqueue: Enqueue, now: Callable[[], float]
    ) -> None:
        """`load` is called for the first message, not sooner: it imports large libraries."""
        self._load = load
        self._base_url = base_url
        self._enqueue = enqueue
        self._now = now

    def send(self, notice: Notification, to: str, **facts: str) -> None:
        context = audit_context.get()()
        language = facts.pop("language", "") or DEFAULT
        path = PATHS.get(notice, "").format(token=facts.pop("token", ""))
        by_admin = _is_by_admin(notice, context, facts.pop("user_id", ""))
        moment = datetime.fromtimestamp(self._now(), UTC)
        facts |= {
            "link": self._base_url + context.script_root + path if path else "",
            "when": f"{format_datetime(moment, PATTERN, locale=language)} UTC",
            "device": device_name(context.user_agent, language),
            "ip": context.ip,
            "by_admin": "yes" if by_admin else "",
        }

        def deliver() -> None:
            builder, transport = self._loaded
            message = builder.write(notice, to, facts, language)
            if to != DUMMY_USER.email:
                transport.deliver(message)

        try:
            self._enqueue(deliver, notice)
        except Unavailable:
            log.error("the mail queue is full; not sent: %s", notice)

    @cached_property
    def _loaded(self) -> "tuple[MessageBuilder, Transport]":
        return self._load()


def _is_by_admin(notice: Notification, context: AuditContext, user_id: str) -> bool:
    """Whether another account caused the mail. Its browser and IP are not the reader's business."""
    is_other = bool(user_id) and context.actor_id not in (None, user_id)
    return is_other and notice not in BY_ANYONE
