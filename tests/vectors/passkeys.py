"""The passkey vectors: from what an authenticator derives to the key that opens a method, an account opened so, and what is refused."""

from dataclasses import replace

from sealmate_cli.crypto.keys import derive, lp, sha256

from .accounts import ACCOUNT, KEYS, account_under, method_under, wrapped_json
from .fixed import Json, Sealed, encode, fixed, identifier

CREDENTIALS = {"passkey": fixed("passkey credential", 16), "security_key": fixed("security key credential", 64)}
OUTPUTS = {kind: fixed(f"{kind} output") for kind in CREDENTIALS}


def passkey_kek(output: bytes, *, account: str, credential: bytes) -> bytes:
    return derive(output, b"sealmate v1 passkey kek" + lp(account.encode()) + lp(credential))


def passkey_vectors(sealed: Sealed) -> Json:
    return {
        "input": encode(sha256(b"sealmate v1 prf")),
        "keks": _keks(),
        "refused": [
            {"name": name, "output": encode(output), "reason": "bad_prf_output"}
            for name, output in {
                "nothing": b"",
                "too short": fixed("short", 31),
                "too long": fixed("long", 33),
                "two outputs run together": fixed("both", 64),
                "zeros": bytes(32),
            }.items()
        ],
        "account": _account(sealed),
    }


def _keks() -> list[Json]:
    places = [(ACCOUNT, credential) for credential in (*CREDENTIALS.values(), b"\0", fixed("long credential", 900))]
    places.append((identifier("other account"), CREDENTIALS["passkey"]))
    outputs = [OUTPUTS["passkey"], bytes(31) + b"\1"]
    return [
        {
            "account": account,
            "credential_id": encode(credential),
            "output": encode(output),
            "kek": encode(passkey_kek(output, account=account, credential=credential)),
        }
        for account, credential in places
        for output in outputs
    ]


def _account(sealed: Sealed) -> Json:
    """One of each kind beside the password and the recovery key; `refused` are tried with the passkey's own output."""
    keks = {k: passkey_kek(OUTPUTS[k], account=ACCOUNT, credential=CREDENTIALS[k]) for k in CREDENTIALS}
    ids = {kind: identifier(f"{kind} method") for kind in CREDENTIALS}
    honest = account_under(KEYS, sealed)
    added = tuple(method_under(kind, ids[kind], keks[kind], KEYS, sealed) for kind in CREDENTIALS)
    wrapped = wrapped_json(replace(honest, methods=honest.methods + added))
    for method in wrapped["methods"]:
        if method["kind"] in CREDENTIALS:
            method["credential_id"] = encode(CREDENTIALS[method["kind"]])
    passkey, security_key = wrapped["methods"][2:]
    others = {
        "envelopes of the security key": ("wrong_key", {**security_key, "credential_id": passkey["credential_id"]}),
        "a security key's envelopes called a passkey's": (
            "wrong_key",
            {**security_key, "kind": "passkey", "credential_id": passkey["credential_id"]},
        ),
        "a passkey called a security key": ("not_authentic", {**passkey, "kind": "security_key"}),
        "another method's id": ("not_authentic", {**passkey, "method_id": security_key["method_id"]}),
    }
    return {
        "account": ACCOUNT,
        "master_key": encode(KEYS.master_key),
        "wrapped": wrapped,
        "outputs": {kind: encode(output) for kind, output in OUTPUTS.items()},
        "refused": [{"name": name, "reason": reason, "method": method} for name, (reason, method) in others.items()],
    }
