"""Transactions, and the translation of SQL errors into the core's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError

from webapp.core.errors import NotFound, Unavailable

from .models import db

log = logging.getLogger(__name__)


@contextmanager
def translate_sql_errors() -> Iterator[None]:
    """Translate errors of SQLAlchemy: an outage into Unavailable, others by `value_error`.

    IntegrityError is not translated: the caller knows the constraint.
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
    """One transaction: commit, or roll back at an error. Errors as in `translate_sql_errors`."""
    with translate_sql_errors():
        try:
            yield
            db.session.commit()
        except BaseException:
            _roll_back()
            raise


def value_error(error: object) -> NotFound | Unavailable:
    """NotFound for a value that the driver refuses, such as a NUL in a text for PostgreSQL.

    Such a value is in no row. An error that the server reports is an outage: Unavailable.
    """
    return unavailable(error) if getattr(error, "sqlstate", None) else NotFound()


def unavailable(error: object) -> Unavailable:
    """Log the driver's message, which holds no values, and return Unavailable."""
    log.warning("the database can't answer: %s", error)
    return Unavailable()


def _roll_back() -> None:
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.close_session()
