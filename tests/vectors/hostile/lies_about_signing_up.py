"""What a hostile server may say to who signs up: of the account that is to be, of what is shown once, and of the keys it then has."""

from __future__ import annotations

from typing import Any

from tests.vectors.accounts import ACCOUNT, ATTACKER, signing_under, statement_under
from tests.vectors.fixed import encode
from tests.vectors.rotation import statement_json

from .answers import BACKUP_CODES, TOTP_SECRET, totp_uri
from .lies_about_keys import STRANGER, methods_json
from .scenario import Act, Device, Lie, Scenario, removed
from .world import World, keys_json

_ASK, _VERIFY, _COMPLETE = (f"POST /auth/signup{step}" for step in ("", "/verify", "/complete"))
_MADE = (_COMPLETE,)


def scenarios(world: World) -> list[Scenario]:
    return [*_of_the_account(), *_of_what_is_shown_once(), *_read_back(world)]


def _signing_up(
    name: str,
    code: str,
    *lies: Lie,
    device: Device = "new",
    act: Act = "sign up",
    written: tuple[str, ...] = (),
) -> Scenario:
    return Scenario(name=name, act=act, device=device, code=code, lies=lies, written=written)


def _of_the_account() -> list[Scenario]:
    profile, session = (_VERIFY, "kdf_profile"), (_COMPLETE, "session", "account_id")
    known = (Lie((_VERIFY, "account_id"), ACCOUNT), Lie(session, ACCOUNT))
    return [
        _signing_up("sign-up without an id", "unexpected_answer", removed(_ASK, "signup_id")),
        _signing_up("sign-up proved without a token", "unexpected_answer", removed(_VERIFY, "signup_token")),
        _signing_up("password profile lowered at signing up", "unknown_kdf_profile", Lie(profile, 0)),
        _signing_up("password profile nobody knows at signing up", "unknown_kdf_profile", Lie(profile, 2)),
        _signing_up("id of an account that was here", "epoch_rolled_back", *known, device="away"),
        _signing_up(
            "id of another account at signing up",
            "wrong_account",
            Lie((_VERIFY, "account_id"), STRANGER),
            written=_MADE,
        ),
        _signing_up("session of another account at signing up", "wrong_account", Lie(session, STRANGER), written=_MADE),
        _signing_up("session withheld at signing up", "unexpected_answer", removed(*session[:2]), written=_MADE),
    ]


def _of_what_is_shown_once() -> list[Scenario]:
    secret, uri, codes = (_VERIFY, "totp", "secret"), (_VERIFY, "totp", "uri"), (_COMPLETE, "backup_codes")
    short = TOTP_SECRET[:16]
    return [
        _signing_up("authenticator's secret withheld", "unexpected_answer", removed(*secret)),
        _signing_up(
            "authenticator's secret cut short", "unexpected_answer", Lie(secret, short), Lie(uri, totp_uri(short))
        ),
        _signing_up("authenticator's secret exchanged", "unexpected_answer", Lie(secret, TOTP_SECRET[::-1])),
        _signing_up(
            "authenticator's link with two secrets",
            "unexpected_answer",
            Lie(uri, f"{totp_uri(TOTP_SECRET)}&secret={TOTP_SECRET[::-1]}"),
        ),
        _signing_up(
            "authenticator's link to elsewhere",
            "unexpected_answer",
            Lie(uri, f"https://evil.example/?secret={TOTP_SECRET}"),
        ),
        _signing_up("backup codes withheld", "unexpected_answer", Lie(codes, []), written=_MADE),
        _signing_up("fewer backup codes", "unexpected_answer", removed(*codes, 0), written=_MADE),
        _signing_up("backup code given twice", "unexpected_answer", Lie((*codes, 0), BACKUP_CODES[1]), written=_MADE),
    ]


def _read_back(world: World) -> list[Scenario]:
    """The account is there, and this device asks for its keys for the first time."""
    attacker, before = signing_under(ATTACKER), keys_json(world.before)

    def read(name: str, code: str, told: dict[str, Any]) -> Scenario:
        return _signing_up(name, code, Lie(("signed_up",), told), act="read back", written=_MADE)

    foreign = {part: before[part] for part in ("epoch", "methods", "signing", "statement", "manifest")}
    signing = {"public_key": encode(attacker.public_key), "private": encode(attacker.private)}
    return [
        read("keys of another account after signing up", "wrong_account", {"account_id": STRANGER}),
        read("other keys than were made", "epoch_forked", foreign),
        read(
            "statement signed by another after signing up",
            "epoch_forked",
            {"statement": {**statement_json(statement_under(ATTACKER, b"")), "epoch": 1}},
        ),
        read("signing key replaced after signing up", "wrong_key", {"signing": signing}),
        read("manifest withheld after signing up", "manifest_missing", {"manifest": None}),
        read("ways in exchanged after signing up", "method_not_named", {"methods": methods_json(world.before.methods)}),
    ]
