"""The commands that sign up and in: what is asked, in which order, and what is shown once."""

import sys
from contextlib import suppress

import segno

from sealmate_cli.crypto import normalise_base32
from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Invocation, read_line
from sealmate_cli.password_rules import ADVISED_LENGTH, MIN_LENGTH, check_new_password
from sealmate_cli.profile import Identity
from sealmate_cli.retrying import until_right
from sealmate_cli.signin import Login
from sealmate_cli.signup import SignupResult
from sealmate_cli.socket import is_loopback
from sealmate_cli.typed import expect_email
from sealmate_cli.wire.http import Totp


def sign_up(
    run: Invocation, *, email: str | None, code: str | None, password_stdin: bool, totp_code: str | None
) -> None:
    address = expect_email(run.ask("email", "E-mail", given=email))
    signup = run.client.begin_signup(address)
    run.output.note(f"A code of six digits is on its way to {address}.")
    tell_local_mail(run)
    totp = until_right(run, lambda: signup.verify(run.ask("mail_code", "Code from the mail", given=code)))
    password = until_right(run, lambda: new_password(run, address, password_stdin))
    run.output.status("making your keys on this device")
    signup.make_keys(password)
    show_totp(run, totp)
    result = until_right(
        run, lambda: signup.complete(run.ask("totp_code", "Code from the authenticator", given=totp_code))
    )
    _show_once(run, result)


def log_in(run: Invocation, *, email: str | None, password_stdin: bool, totp_code: str | None) -> None:
    address = expect_email(run.ask("email", "E-mail", given=email))

    def prove() -> Login:
        login = run.client.begin_login(address)
        secret = _password(run, "Password, or recovery key", password_stdin)
        run.output.status("checking")
        login.prove(secret)
        return login

    login = until_right(run, prove)
    identity = until_right(
        run,
        lambda: login.confirm(run.ask("totp_code", "Code from the authenticator, or a backup code", given=totp_code)),
    )
    tell_signed_in(run, identity)
    _tell_what_to_replace(run, login)


def _tell_what_to_replace(run: Invocation, login: Login) -> None:
    by_key = login.by_recovery_key
    if login.fell_back:
        what, command = ("recovery key", "recovery-key") if by_key else ("password", "password")
        run.output.note(
            f"Your {what} no longer opens your present keys; what it was before the last renewal did. "
            f"Someone who had your keys may have done this: make a new {what} within 30 days: `sealmate account {command}`."
        )
    elif by_key:
        run.output.note("If your password is lost, make a new one: `sealmate account password`.")


def tell_signed_in(run: Invocation, identity: Identity) -> None:
    run.output.result(
        "signed_in",
        {"account_id": identity.account, "email": identity.email, "epoch": identity.epoch},
        f"Signed in as {identity.email}.",
    )


def _password(run: Invocation, prompt: str, from_stdin: bool) -> str:
    if not from_stdin:
        return run.ask("password", prompt, hidden=True)
    line = read_line()
    if line is None:
        raise ClientError("input_missing", "The password is missing.", "Write it to standard input, as one line.")
    return line


def tell_local_mail(run: Invocation) -> None:
    if is_loopback(run.client.server):
        run.output.note(f"(This server runs on your own machine and mails nobody: look at {run.client.server}/mail)")


def new_password(run: Invocation, email: str, from_stdin: bool) -> str:
    run.output.note(f"Choose a password: at least {MIN_LENGTH} characters, {ADVISED_LENGTH} or more are advised.")
    password = _password(run, "Password", from_stdin)
    check_new_password(password, email=email)
    if run.interactive and not from_stdin and run.ask("password", "Once more", hidden=True) != password:
        raise ClientError("weak_password", "The two are not the same.", "Type it again.")
    if len(password) < ADVISED_LENGTH:
        run.output.note("This will do; a longer one is better.")
    return password


def show_totp(run: Invocation, totp: Totp) -> None:
    if run.interactive and not run.output.json:
        run.output.note("Scan this with an authenticator app:")
        segno.make(totp.uri).terminal(out=sys.stdout, compact=True)
    text = f"Authenticator secret: {totp.secret}\n{totp.uri}"
    run.output.result("totp_offered", {"secret": totp.secret, "uri": totp.uri}, text)


def _show_once(run: Invocation, result: SignupResult) -> None:
    codes = "\n".join(f"  {code}" for code in result.backup_codes)
    text = (
        "Write these down now: they are shown once and kept nowhere.\n\n"
        f"Recovery key, if you lose your password:\n  {result.recovery_key}\n\n"
        f"Backup codes, if you lose your authenticator; each works once:\n{codes}\n"
    )
    run.output.result("signed_up", result, text)
    if run.interactive and not run.output.json:
        confirm_written(run, result.recovery_key)
        run.output.note(f"Done: you are signed up and signed in as {result.email}.")
        _tell_without_credits(run)


def _tell_without_credits(run: Invocation) -> None:
    """It is signed up all the same, so nothing here may fail."""
    with suppress(ClientError):
        if run.client.wallet().available == 0:
            run.output.note(
                "This account starts without credits. They are given to an address once a year, and an account with this one "
                "was erased in that time. You can write; answers come once there are credits."
            )


def show_codes(run: Invocation, codes: list[str]) -> None:
    listed = "\n".join(f"  {code}" for code in codes)
    text = f"Your new backup codes; each works once. Those before are void, and these are shown once:\n\n{listed}\n"
    run.output.result("backup_codes", {"codes": codes}, text)


def confirm_written(run: Invocation, recovery_key: str) -> None:
    _ask_back(run, "recovery_key_part", "it", "group", recovery_key.split("-"), shown=recovery_key)


def confirm_codes(run: Invocation, codes: list[str]) -> None:
    parts = [normalise_base32(code) for code in codes]
    _ask_back(run, "backup_code", "them", "code", parts, shown="\n  ".join(codes))


def _ask_back(run: Invocation, name: str, these: str, part: str, parts: list[str], *, shown: str) -> None:
    asked = run.client.random(1)[0] % len(parts)
    while True:
        typed = run.ask(name, f"To be sure you have {these}, type {part} {asked + 1} of {len(parts)}")
        if normalise_base32(typed) == parts[asked]:
            return
        run.output.note(f"That is not {part} {asked + 1}. Once more:\n  {shown}")
