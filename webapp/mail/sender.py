"""Parse the sender of all messages, WEBAPP_MAIL_FROM. Imports large libraries."""

import re
from email.headerregistry import Address

from email_validator import EmailNotValidError, validate_email

from webapp.core.urls import Unreadable

# A quoted name may have any character; an unquoted one none that would end it.
SHAPE = re.compile(
    r"(?:(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<plain>[^\"<>]*?)) *<(?P<named>[^<>]+)>"
    r"|(?P<alone>[^\"<> ]+))"
)
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"localhost|(?=.{{1,253}}$)(?:{LABEL}\.)+(?=[A-Za-z]){LABEL}", re.IGNORECASE)
WANTED = "its e-mail address must be like no-reply@example.com"


def parse_sender(text: str) -> str:
    """The From header (RFC 5322): the name quoted if needed, the e-mail in ASCII.

    Raises Unreadable.
    """
    match = SHAPE.fullmatch(text)
    if not match:
        raise Unreadable('must be like: Evergreen <no-reply@example.com> or "A, B" <a@example.com>')
    name = re.sub(r"\\(.)", r"\1", match["quoted"] or "") or match["plain"] or ""
    return str(Address(name.strip(), addr_spec=_ascii((match["named"] or match["alone"]).strip())))


def sender_email(sender: str) -> str:
    """The e-mail of a parsed sender."""
    return re.sub(r".*<|>$", "", sender)


def _ascii(email: str) -> str:
    local, _, domain = email.rpartition("@")
    try:
        # Each part separately: the validator rejects internal domains such as x.local.
        local = validate_email(f"{local}@example.com", check_deliverability=False).local_part
        if not domain.isascii():
            domain = validate_email(f"x@{domain}", check_deliverability=False).ascii_domain
    except EmailNotValidError:
        raise Unreadable(WANTED) from None
    if not local.isascii():
        raise Unreadable("must be ASCII before the @: many mail servers accept nothing else there")
    if not DOMAIN.fullmatch(domain):
        raise Unreadable(WANTED)
    return f"{local}@{domain.lower()}"
