"""Registered clients in SQL."""

from dataclasses import fields

from sqlalchemy import Delete, Update, delete, select, update
from sqlalchemy.exc import IntegrityError

from webapp.core.clients import Client
from webapp.core.errors import Conflict
from webapp.core.policy import Scope
from webapp.core.text import N_

from .errors import transaction, translate_sql_errors
from .models import ClientRow, SessionRow, db

COLUMNS = [getattr(ClientRow, field.name) for field in fields(Client)]


class SqlClients:
    """Serves `core.clients.ClientStore`."""

    def find(self, client_id: str) -> Client | None:
        """Releases its connection at once: the same request needs one for its user."""
        query = select(*COLUMNS).where(ClientRow.client_id == client_id)
        with translate_sql_errors(), db.engine.connect() as connection:
            row = connection.execute(query).first()
        return Client(*row) if row else None

    def all(self) -> list[Client]:
        with translate_sql_errors():
            rows = db.session.scalars(select(ClientRow).order_by(ClientRow.client_id))
            return [row.to_client() for row in rows]

    def create(
        self,
        client_id: str,
        name: str,
        secret_hash: str | None,
        now: int,
        scope: str = Scope.PROFILE.value,
    ) -> None:
        row = ClientRow(
            client_id=client_id, name=name, secret_hash=secret_hash, created_at=now, scope=scope
        )
        try:
            with transaction():
                db.session.add(row)
        except IntegrityError:
            raise Conflict({"client_id": [N_("That id is taken.")]}) from None

    def set_secret(self, client_id: str, secret_hash: str) -> bool:
        changing = update(ClientRow).where(
            ClientRow.client_id == client_id, ClientRow.secret_hash.is_not(None)
        )
        return self._changed(changing.values(secret_hash=secret_hash))

    def set_scope(self, client_id: str, scope: str) -> bool:
        changing = update(ClientRow).where(ClientRow.client_id == client_id)
        return self._changed(changing.values(scope=scope))

    def open_sids(self, client_id: str) -> list[str]:
        mine = select(SessionRow.sid).where(
            SessionRow.client_id == client_id, SessionRow.ended_at.is_(None)
        )
        with translate_sql_errors():
            return list(db.session.scalars(mine))

    def delete(self, client_id: str) -> bool:
        return self._changed(delete(ClientRow).where(ClientRow.client_id == client_id))

    def _changed(self, change: Update | Delete) -> bool:
        with transaction():
            return bool(db.session.scalars(change.returning(ClientRow.client_id)).all())
