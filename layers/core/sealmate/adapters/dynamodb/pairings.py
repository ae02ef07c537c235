"""Pairings of devices: a row each, whose parts are each written once and in their order."""

from __future__ import annotations

from pynamodb.attributes import BinaryAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.transactions import TransactWrite

from sealmate.accounts.pairing import Joined, Pairing
from sealmate.accounts.records import Session
from sealmate.adapters.dynamodb.account_items import AccountItem, PairingItem, SessionItem
from sealmate.adapters.dynamodb.conditional import applied
from sealmate.adapters.dynamodb.devices import note_device
from sealmate.adapters.dynamodb.resets import end_reset
from sealmate.adapters.dynamodb.sessions import session_item, session_key
from sealmate.adapters.dynamodb.table import committed


class DynamoPairings:
    def begin(self, pairing: Pairing) -> bool:
        item = PairingItem(
            _pk(pairing.pairing_id),
            "PAIRING",
            account_id=pairing.account_id,
            session_id=pairing.session_id,
            expires_at=pairing.expires_at,
            ttl=pairing.expires_at,
        )
        return applied(lambda: item.save(condition=PairingItem.pk.does_not_exist()))

    def get(self, pairing_id: str) -> Pairing | None:
        try:
            item = PairingItem.get(_pk(pairing_id), "PAIRING", consistent_read=True)
        except DoesNotExist:
            return None
        return Pairing(
            pairing_id=pairing_id,
            account_id=item.account_id,
            session_id=item.session_id,
            expires_at=int(item.expires_at),
            joined=_joined(item),
            giver_nonce=item.giver_nonce,
            joiner_nonce=item.joiner_nonce,
            sealed=item.sealed,
            epoch=int(item.epoch or 0),
            finished=bool(item.finished_at),
        )

    def join(self, pairing_id: str, joined: Joined) -> bool:
        first: Condition = PairingItem.claim_hash.does_not_exist() | (
            (PairingItem.claim_hash == joined.claim_hash)
            & (PairingItem.public_key == joined.public_key)
            & (PairingItem.commitment == joined.commitment)
            & (PairingItem.device == joined.device)
        )
        item = PairingItem(_pk(pairing_id), "PAIRING")
        return applied(
            lambda: item.update(
                actions=[
                    PairingItem.device.set(joined.device),
                    PairingItem.public_key.set(joined.public_key),
                    PairingItem.commitment.set(joined.commitment),
                    PairingItem.claim_hash.set(joined.claim_hash),
                ],
                condition=PairingItem.pk.exists() & first,
            )
        )

    def answer(self, pairing_id: str, *, nonce: bytes) -> bool:
        return _write_once(pairing_id, PairingItem.giver_nonce, nonce, after=PairingItem.commitment)

    def reveal(self, pairing_id: str, *, nonce: bytes) -> bool:
        return _write_once(pairing_id, PairingItem.joiner_nonce, nonce, after=PairingItem.giver_nonce)

    def give(self, pairing_id: str, *, sealed: bytes, epoch: int) -> bool:
        item = PairingItem(_pk(pairing_id), "PAIRING")
        return applied(
            lambda: item.update(
                actions=[PairingItem.sealed.set(sealed), PairingItem.epoch.set(epoch)],
                condition=_once(PairingItem.sealed, sealed, after=PairingItem.joiner_nonce),
            )
        )

    def admit(self, session: Session, *, pairing: Pairing) -> bool:
        def write(transaction: TransactWrite) -> None:
            transaction.update(
                PairingItem(_pk(pairing.pairing_id), "PAIRING"),
                actions=[PairingItem.finished_at.set(session.created_at)],
                condition=(PairingItem.sealed == pairing.sealed) & PairingItem.finished_at.does_not_exist(),
            )
            giver = session_key(pairing.session_id)
            transaction.condition_check(SessionItem, pairing.account_id, giver, condition=SessionItem.pk.exists())
            transaction.condition_check(
                AccountItem, pairing.account_id, "ACCOUNT", condition=AccountItem.epoch == pairing.epoch
            )
            end_reset(session.account_id, transaction)
            transaction.save(session_item(session))
            # Who gave it the keys, after a fresh proof, has said that it is theirs.
            note_device(session, transaction, answered=True)

        return committed(write)

    def end(self, pairing_id: str) -> None:
        PairingItem(_pk(pairing_id), "PAIRING").delete()


def _write_once(pairing_id: str, part: BinaryAttribute, value: bytes, *, after: BinaryAttribute) -> bool:
    item = PairingItem(_pk(pairing_id), "PAIRING")
    return applied(lambda: item.update(actions=[part.set(value)], condition=_once(part, value, after=after)))


def _once(part: BinaryAttribute, value: bytes, *, after: BinaryAttribute) -> Condition:
    """The part before is there, and of this one nothing else."""
    condition: Condition = after.exists() & (part.does_not_exist() | (part == value))
    return condition


def _joined(item: PairingItem) -> Joined | None:
    if item.claim_hash is None:
        return None
    return Joined(
        device=item.device, public_key=item.public_key, commitment=item.commitment, claim_hash=item.claim_hash
    )


def _pk(pairing_id: str) -> str:
    return f"PAIRING#{pairing_id}"
