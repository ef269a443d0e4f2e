"""Transactions, and errors of SQL as errors of the core."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError

from webapp.core.errors import NotFound, Unavailable

from .models import db

log = logging.getLogger(__name__)


@contextmanager
def translate_sql_errors() -> Iterator[None]:
    """Translate errors of SQLAlchemy: an outage into Unavailable; others as `value_error` says.

    IntegrityError passes: the caller knows which rule of the table it broke.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DataError as error:
        _roll_back()
        raise value_error(error.orig) from error
    except (DBAPIError, TimeoutError) as error:
        _roll_back()
        raise unavailable(getattr(error, "orig", error)) from error


@contextmanager
def transaction() -> Iterator[None]:
    """One transaction: commit at the end, roll back at an error. Errors as `answering` has them."""
    with translate_sql_errors():
        try:
            yield
            db.session.commit()
        except BaseException:
            _roll_back()
            raise


def value_error(error: object) -> NotFound | Unavailable:
    """NotFound for a value that the driver refuses, as PostgreSQL's does a NUL in a text.

    Such a value is in no row. An error that the server reports is an outage: Unavailable.
    """
    return unavailable(error) if getattr(error, "sqlstate", None) else NotFound()


def unavailable(error: object) -> Unavailable:
    """Unavailable, logged with the driver's message: it names the cause, and no value."""
    log.warning("the database can't answer: %s", error)
    return Unavailable()


def _roll_back() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.close_session()
