"""Build e-mail messages: a text and an HTML part, rendered from `templates/mail/`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import validate_email
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webapp.core.notifications import Notification
from webapp.runtime.line_breaks import breakable
from webapp.runtime.translations import DEFAULT, translate, translate_plural

# Variables of the templates. Those that a message does not set are empty.
VARIABLES = (
    "link",
    "minutes",
    "when",
    "device",
    "ip",
    "new_email",
    "days",
    "factor",
    "left",
    "passkeys",
    "by_admin",
)


class MessageBuilder:
    """Renders a notification as an e-mail message."""

    def __init__(self, templates: Path, site_name: str, sender: str, base_url: str) -> None:
        self._site_name, self._sender = site_name, sender
        self.base_url = base_url
        self._templates = templates
        self._environments: dict[str, Environment] = {}

    def write(
        self, notice: Notification, to: str, facts: Mapping[str, str], language: str = DEFAULT
    ) -> EmailMessage:
        """Build the message. Raises ValueError: `to` is not exactly one e-mail."""
        shown = {name: _one_line(translate(language, fact)) for name, fact in facts.items()}
        variables = dict.fromkeys(VARIABLES, "") | shown | {"language": language}
        variables |= {"app_name": self._site_name, "email": to, "base_url": self.base_url}
        message = self._envelope(_address(to))
        subject, text = _split(self._render(f"{notice}.txt", variables))
        message["Subject"] = subject
        # Quoted-printable: not every server accepts 8-bit text or long lines.
        message.set_content(text, cte="quoted-printable")
        breaking = {name: breakable(variables[name]) for name in ("email", "new_email")}
        html = self._render(f"{notice}.html", variables | breaking)
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message

    def _envelope(self, to: Address) -> EmailMessage:
        # Raw UTF-8 in headers only if the e-mail needs it: not every server accepts SMTPUTF8.
        message = EmailMessage(policy.SMTP if to.username.isascii() else policy.SMTPUTF8)
        message["From"] = self._sender
        message["To"] = to
        message["Date"] = datetime.now(UTC)
        message["Message-ID"] = make_msgid(domain=urlsplit(self.base_url).hostname or "localhost")
        # RFC 3834 section 5: suppresses automatic replies.
        message["Auto-Submitted"] = "auto-generated"
        return message

    def _render(self, name: str, variables: Mapping[str, str]) -> str:
        environment = self._environment(variables["language"])
        return environment.get_template(f"mail/{name}").render(variables)

    def _environment(self, language: str) -> Environment:
        if language not in self._environments:
            environment = self._environments[language] = Environment(
                loader=FileSystemLoader(self._templates),
                autoescape=select_autoescape(["html"]),
                undefined=StrictUndefined,
                extensions=["jinja2.ext.i18n"],
            )
            environment.install_gettext_callables(  # type: ignore[attr-defined]
                partial(translate, language), partial(translate_plural, language), newstyle=True
            )
        return self._environments[language]


def _address(text: str) -> Address:
    """Parse exactly one e-mail, with its domain in ASCII (IDNA). Raises ValueError."""
    checked = validate_email(text, check_deliverability=False, test_environment=True)
    return Address(username=checked.local_part, domain=checked.ascii_domain)


def _one_line(fact: str) -> str:
    """Remove line breaks: in text that an attacker chose, one could start a header.

    It is not an error, because an attacker could then prevent the warning from being sent.
    """
    return " ".join(fact.split())


def _split(rendered: str) -> tuple[str, str]:
    """The template's first line is the subject; the text follows after an empty line."""
    head, _, text = rendered.partition("\n\n")
    return head.removeprefix("Subject:").strip(), text
