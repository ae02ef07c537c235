"""The commands of an account's life: what opens it, where it is signed in, and its end."""

from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Invocation
from sealmate_cli.listing import find_one
from sealmate_cli.onboarding import confirm_written, new_password, show_codes, show_totp, tell_local_mail
from sealmate_cli.retrying import proved, until_right
from sealmate_cli.showing import when
from sealmate_cli.typed import expect_email
from sealmate_cli.wire import http as wire

_KINDS = {
    "password": "password",
    "recovery": "recovery key",
    "passkey": "passkey",
    "security_key": "security key",
}


def change_password(run: Invocation, *, password_stdin: bool) -> None:
    email = run.client.identity().email
    password = until_right(run, lambda: _other_password(run, email, password_stdin))
    run.output.status("making it on this device")
    made = run.client.account.make_password(password)
    proved(run, lambda: run.client.account.replace_password(made))
    run.output.result("password_changed", {}, "Your password is changed. All your other devices are signed out.")


def _other_password(run: Invocation, email: str, from_stdin: bool) -> str:
    password = new_password(run, email, from_stdin)
    run.output.status("checking")
    if run.client.account.is_password(password):
        raise ClientError("weak_password", "This is your password already.", "Choose another one; nothing was changed.")
    return password


def replace_recovery_key(run: Invocation) -> None:
    made, text = run.client.account.make_recovery_key()
    told = (
        f"Your new recovery key. Write it down now: it is shown once and kept nowhere.\n\n  {text}\n\n"
        "It counts when you have typed a part of it back and proved that it is you; until then the old one does."
    )
    run.output.result("recovery_key", {"recovery_key": text}, told)
    confirm_written(run, text)
    proved(run, lambda: run.client.account.replace_recovery_key(made))
    run.output.result(
        "recovery_key_replaced",
        {},
        "It counts from now on; the old one opens nothing. All your other devices are signed out.",
    )


def renew_backup_codes(run: Invocation) -> None:
    codes = proved(run, run.client.account.new_backup_codes)
    show_codes(run, codes)


def replace_authenticator(run: Invocation) -> None:
    show_totp(run, proved(run, run.client.account.begin_authenticator))
    until_right(run, lambda: _take_authenticator(run))
    run.output.result("authenticator_replaced", {}, "The new authenticator counts from now on, the old one no longer.")


def change_email(run: Invocation, *, email: str | None) -> None:
    account, before = run.client.account, run.client.identity().email
    address = expect_email(run.ask("new_email", "New e-mail", given=email))
    proved(run, lambda: account.begin_email(address))
    run.output.note(f"A code of six digits is on its way to {address}, and another one to {before}.")
    tell_local_mail(run)

    def confirm() -> None:
        code_new = run.ask("code_new", f"Code from the mail to {address}")
        code_old = run.ask("code_old", f"Code from the mail to {before}")
        proved(run, lambda: account.replace_email(address, code_new=code_new, code_old=code_old))

    until_right(run, confirm)
    run.output.result("email_changed", {"email": address.lower()}, f"Your account's address is {address.lower()} now.")


def show_ways(run: Invocation) -> None:
    for way in run.client.account.ways_in():
        used = f"last used {when(way.last_used_at)}" if way.last_used_at else "not used yet"
        marks = "" if way.unlocks else "  (second factor only)"
        text = f"{way.method_id}  {name_of(way)}{marks}\n  since {when(way.created_at)}, {used}"
        run.output.result("way_in", way, text)


def rename_way(run: Invocation, *, way: str, name: str) -> None:
    found = _way(run, way)
    proved(run, lambda: run.client.account.rename_way(found.method_id, name))
    run.output.result("way_renamed", {"method_id": found.method_id, "name": name}, f"Now it is called {name}.")


def remove_way(run: Invocation, *, way: str) -> None:
    found = _way(run, way)
    proved(run, lambda: run.client.account.remove_way(found.method_id))
    run.output.result("way_removed", {"method_id": found.method_id}, f"{name_of(found)} opens nothing any more.")


def show_devices(run: Invocation) -> None:
    for device in run.client.account.devices():
        here = "  (this one)" if device.current else ""
        seen = f"last seen {when(device.last_seen_at)}, since {when(device.created_at)}"
        run.output.result("device", device, f"{device.session_id}  {device.device}{here}\n  {seen}")


def end_device(run: Invocation, *, device: str) -> None:
    found = find_one(run.client.account.devices(), device, lambda each: each.session_id, "device", "devices list")
    if found.current:
        raise ClientError("this_device", "This is the device you are at.", "Use `sealmate logout`.")
    run.client.account.end_device(found.session_id)
    run.output.result("device_ended", {"session_id": found.session_id}, f"{found.device} is signed out.")


def end_other_devices(run: Invocation) -> None:
    ended = run.client.account.end_other_devices()
    told = "There was no other device." if ended == 0 else f"Signed out: {ended}. Only this device is left."
    run.output.result("other_devices_ended", {"ended": ended}, told)


def erase_account(run: Invocation) -> None:
    """The address is typed, so that no slip and no script of another account ends this one."""
    email = run.client.identity().email
    run.output.note(
        "This erases your account for good: chats, keys, credits. Nobody can bring it back, and it ends on all devices."
    )
    typed = run.ask("email", f"Type {email} to go on")
    if typed.strip().casefold() != email.casefold():
        raise ClientError(
            "not_confirmed", "That is another address.", "Nothing was erased; begin again if you meant it."
        )
    proved(run, run.client.account.erase)
    run.output.result("erased", {"email": email}, "Your account is erased; this device has forgotten its keys.")


def _take_authenticator(run: Invocation) -> None:
    code = run.ask("totp_code", "Code from the new authenticator")
    proved(run, lambda: run.client.account.replace_authenticator(code))


def _way(run: Invocation, given: str) -> wire.MethodListed:
    return find_one(run.client.account.ways_in(), given, lambda each: each.method_id, "way in", "ways list")


def name_of(way: wire.MethodListed) -> str:
    kind = _KINDS.get(way.kind, way.kind)
    return f"{way.name} ({kind})" if way.name else kind.capitalize()
