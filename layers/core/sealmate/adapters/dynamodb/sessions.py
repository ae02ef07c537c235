"""Sessions, under their account."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist

from sealmate.accounts.records import Session
from sealmate.adapters.dynamodb.account_items import NonceItem, SessionItem
from sealmate.adapters.dynamodb.conditional import applied


class DynamoSessions:
    def get(self, account_id: str, session_id: str) -> Session | None:
        try:
            return _session(SessionItem.get(account_id, session_key(session_id), consistent_read=True))
        except DoesNotExist:
            return None

    def of_account(self, account_id: str) -> list[Session]:
        items = SessionItem.query(account_id, SessionItem.sk.startswith("SESSION#"), consistent_read=True)
        return [_session(item) for item in items]

    def rotate(self, rotated: Session, *, expected_hash: bytes) -> bool:
        item = SessionItem(rotated.account_id, session_key(rotated.session_id))
        return applied(
            lambda: item.update(
                actions=[
                    SessionItem.secret_hash.set(rotated.secret_hash),
                    SessionItem.previous_hash.set(expected_hash),
                    SessionItem.previous_until.set(rotated.previous_until),
                    SessionItem.rotate_at.set(rotated.rotate_at),
                    SessionItem.expires_at.set(rotated.expires_at),
                    SessionItem.ttl.set(rotated.expires_at),
                ],
                condition=SessionItem.secret_hash == expected_hash,
            )
        )

    def spend_nonce(self, session: Session, nonce: str, *, expires_at: int) -> bool:
        item = NonceItem(session.account_id, f"NONCE#{nonce}", ttl=expires_at)
        return applied(lambda: item.save(condition=NonceItem.pk.does_not_exist()))

    def touch(self, session: Session, *, now: int) -> None:
        item = SessionItem(session.account_id, session_key(session.session_id))
        applied(lambda: item.update(actions=[SessionItem.last_seen_at.set(now)], condition=SessionItem.pk.exists()))

    def delete(self, account_id: str, session_id: str) -> None:
        SessionItem(account_id, session_key(session_id)).delete()


def session_item(session: Session) -> SessionItem:
    return SessionItem(
        session.account_id,
        session_key(session.session_id),
        session_id=session.session_id,
        device=session.device,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        rotate_at=session.rotate_at,
        expires_at=session.expires_at,
        lineage=session.lineage,
        secret_hash=session.secret_hash,
        previous_hash=session.previous_hash,
        previous_until=session.previous_until,
        proved_until=session.proved_until,
        device_key=session.device_key or None,
        place=session.place or None,
        ttl=session.expires_at,
    )


def _session(item: SessionItem) -> Session:
    return Session(
        account_id=item.pk,
        session_id=item.session_id,
        device=item.device,
        created_at=int(item.created_at),
        last_seen_at=int(item.last_seen_at),
        rotate_at=int(item.rotate_at),
        expires_at=int(item.expires_at),
        lineage=item.lineage,
        secret_hash=item.secret_hash,
        previous_hash=item.previous_hash,
        previous_until=int(item.previous_until),
        proved_until=int(item.proved_until or 0),
        device_key=item.device_key or "",
        place=item.place or "",
    )


def session_key(session_id: str) -> str:
    return f"SESSION#{session_id}"
