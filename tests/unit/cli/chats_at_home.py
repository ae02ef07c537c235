"""Chats of a household, kept by the real handlers over fakes: begun on a device, and read on any."""

from __future__ import annotations

from dataclasses import replace

from sealmate.turns.ports import Imported, Record
from sealmate_cli import crypto
from sealmate_cli.client import Client
from sealmate_cli.wire.http import WrappedKeysAnswer
from tests.fakes.app_devices import make_app, open_settings
from tests.fakes.chats import FakeChats
from tests.unit.cli.household import Household

THEME = b'{"theme":"dark"}'


def furnished(lena: Household, owner: Client) -> Client:
    """The device that signed up, with three chats, and settings."""
    lena.world.tables.open_account(owner.identity().account, credits_=0)
    for number in range(3):
        begin_chat(lena, owner, number)
    choose_theme(lena, owner)
    return owner


def begin_chat(lena: Household, device: Client, number: int) -> None:
    """With one message, under the key that the device has."""
    identity = device.identity()
    chat_id, turn = (f"0190{kind:04d}-0000-7000-8000-{number:012d}" for kind in (1, 2))
    key = crypto.make_chat_key(identity.account, chat_id)
    message = key.seal_message(turn=turn, text=f"message {number}", parent=b"")
    record = Record(turn_id=turn, chat_id=chat_id, parent=None, created_at=1, message=message, outcome="asked")
    imported = Imported(
        account_id=identity.account,
        chat_id=chat_id,
        generation=1,
        chat_key=crypto.wrap_chat_key(key, identity.master_key, epoch=identity.epoch),
        key_epoch=identity.epoch,
        details=None,
        created_at=1,
        active_at=1,
        records=[record],
    )
    FakeChats(lena.world.tables).add(imported, at=number)


def damage(lena: Household, device: Client, chat_id: str) -> None:
    """Where it is stored: nobody has its key any more."""
    rows, owned = lena.world.tables.chats, (device.identity().account, chat_id)
    rows[owned] = replace(rows[owned], keys={1: bent(rows[owned].keys[1])})


def bent(envelope: bytes) -> bytes:
    """With another last bit."""
    return envelope[:-1] + bytes([envelope[-1] ^ 1])


def read(device: Client) -> list[str]:
    """Every message of every chat, opened and checked."""
    turns = (turn for chat in device.chats() for turn in device.turns(chat.chat_id))
    return sorted(turn.text or f"trouble: {turn.trouble}" for turn in turns)


def messages(count: int) -> list[str]:
    return sorted(f"message {number}" for number in range(count))


def generations(device: Client) -> set[int]:
    """That the chats' writing goes on with."""
    return {device.chat_keys(chat.chat_id).current().generation for chat in device.chats()}


def choose_theme(lena: Household, device: Client) -> None:
    """As the web app keeps it."""
    keys = keys_of(device)
    lena.world.rows.apps[keys.account, "web"] = make_app(keys, b"k" * 32, THEME)


def theme(lena: Household, device: Client) -> bytes:
    keys = keys_of(device)
    return open_settings(lena.world.rows.apps[keys.account, "web"], keys)


def keys_of(device: Client) -> crypto.MasterKeys:
    identity = device.identity()
    return crypto.prove_master(wrapped_of(device), identity.master_key, identity.signing_public_key)


def wrapped_of(device: Client) -> crypto.WrappedKeys:
    return device._session.get(WrappedKeysAnswer, "/account/keys").keys()
