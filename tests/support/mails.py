"""Reads e-mails from development's outbox."""

from urllib.parse import urlsplit

from flask import Flask

from tests.conftest import services_of
from webapp.mail.file_outbox import Mail


def mails_to(app: Flask, address: str) -> list[Mail]:
    """Newest first, once everything is delivered."""
    return [mail for mail in _all_mails(app) if mail.to == address]


def subjects(app: Flask, address: str) -> list[str]:
    return [mail.subject for mail in mails_to(app, address)]


def newest_mail(app: Flask, address: str) -> Mail:
    mails = mails_to(app, address)
    assert mails, f"there is no mail to {address}"
    return mails[0]


def mailed_path(app: Flask, address: str) -> str:
    """Of the link in the newest mail."""
    return urlsplit(newest_mail(app, address).links[0]).path


def mailed_tokens(app: Flask) -> list[str]:
    """What opens something, of all links in all mails."""
    links = [link for mail in _all_mails(app) for link in mail.links]
    paths = [urlsplit(link).path for link in links]
    return [path.rpartition("/")[2] for path in paths if path.count("/") == 2]


def _all_mails(app: Flask) -> list[Mail]:
    services = services_of(app)
    assert services.background.finish(5), "there is still mail to be sent"
    assert services.outbox
    return services.outbox.mails()
