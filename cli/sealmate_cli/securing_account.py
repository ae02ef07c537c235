"""The command that secures an account after somebody else had a device or a key of it, step by step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from sealmate_cli.crypto import SecuredAccount
from sealmate_cli.deleting import delete_if_agreed
from sealmate_cli.errors import ClientError, NotSignedIn, Tampered
from sealmate_cli.invocation import Invocation
from sealmate_cli.managing import name_of
from sealmate_cli.onboarding import confirm_codes, confirm_written, new_password, show_codes
from sealmate_cli.renewing import OpenKeys
from sealmate_cli.retrying import Result, prove_anew, proved, until_right
from sealmate_cli.unreadable_chats import UnreadableChats

_WHAT = (
    "This is for when a device or a key of yours was in somebody else's hands: all other devices are signed out, and your keys, "
    "password, recovery key and backup codes are made anew. Each chat goes on with a new key. What was copied already can't be taken back."
)


def secure_account(run: Invocation, *, password_stdin: bool) -> None:
    run.output.note(_WHAT)
    _agree_to_what_goes(run)
    prove_anew(run)
    begun = run.client.securing.begin()
    with _saying_what_counts(run) as sent:
        _replace_all(run, begun, sent, password_stdin=password_stdin)


@dataclass
class _Sent:
    """What may count at the server from then on."""

    made: SecuredAccount | None = None


def _replace_all(run: Invocation, begun: OpenKeys, sent: _Sent, *, password_stdin: bool) -> None:
    email = run.client.identity().email
    run.output.note("All your other devices are signed out. Now the password: one that you have used nowhere else.")
    password = until_right(run, lambda: new_password(run, email, password_stdin))
    run.output.status("making your keys on this device")
    made, recovery_key = run.client.securing.make(begun, password)
    _show_recovery_key(run, recovery_key)

    sent.made = made

    def tell(chats: int) -> None:
        run.output.status(f"replacing your keys, chats done: {chats}")

    codes = _until_done(run, lambda: run.client.securing.replace(begun, made, told=tell))
    if codes:
        # Before anything else can go wrong: they are told once.
        show_codes(run, codes)
    _until_done(run, lambda: run.client.securing.settle(made))
    if not codes:
        run.output.note("The new backup codes didn't come; these are made anew.")
        codes = proved(run, run.client.account.new_backup_codes)
        show_codes(run, codes)
    if run.interactive:
        confirm_codes(run, codes)
    run.output.result(
        "secured",
        {"epoch": made.keys.epoch},
        "Done. Only what you chose now opens your account. If your authenticator was on a device that you lost, replace it too: "
        "`sealmate account authenticator`.",
    )


@contextmanager
def _saying_what_counts(run: Invocation) -> Iterator[_Sent]:
    """To a person who leaves in the middle of it."""
    sent = _Sent()
    try:
        yield sent
    except (KeyboardInterrupt, typer.Abort):
        run.output.status(None)
        run.output.note(_what_counts(run, sent.made))
        raise


def _what_counts(run: Invocation, made: SecuredAccount | None) -> str:
    try:
        replaced = made is not None and run.client.securing.is_replaced_by(made)
    except ClientError:
        return (
            "Whether anything was replaced isn't known: the server didn't say. Keep the new recovery key and the old one, and try "
            "`sealmate secure` again; if the old password is refused, sign in with the new one."
        )
    if replaced:
        return (
            "All was replaced: only your new password and recovery key open your account, and the old backup codes don't count any more. "
            "If you didn't save the new ones: `sealmate account backup-codes`. If this device is refused, sign in anew."
        )
    return (
        "Nothing was replaced: what opened your account still does. Your other devices are signed out. "
        "`sealmate secure` begins again."
    )


def offer_to_secure(run: Invocation) -> None:
    """To a person; a script calls for it."""
    answer = run.ask("secure", "Secure your account now? Type yes, or later") if run.interactive else "later"
    if answer.strip().casefold() in ("yes", "y"):
        secure_account(run, password_stdin=False)
    else:
        run.output.note("Do it soon: `sealmate secure` makes all keys anew, and so does the web app.")


def _agree_to_what_goes(run: Invocation) -> None:
    """No passkey or security key can be touched in a terminal, and what isn't touched is removed."""
    going = [way for way in run.client.account.ways_in() if way.kind in ("passkey", "security_key")]
    if not going:
        return
    names = "\n".join(f"  {name_of(way)}{'' if way.unlocks else ', as a second factor only'}" for way in going)
    run.output.note(
        "These belong to your account now, and will be removed, as they can't be touched in a terminal; the web app can keep those that "
        f"open it, and add the others again later:\n\n{names}\n"
    )
    if run.ask("remove_keys", "Type yes to go on without them").strip().casefold() not in ("yes", "y"):
        raise ClientError(
            "not_confirmed",
            "Nothing was changed.",
            "To keep them, secure the account in the web app: Settings, Account, “Secure the account”.",
        )


def _show_recovery_key(run: Invocation, recovery_key: str) -> None:
    told = (
        f"Your new recovery key. Write it down now: it is shown once and kept nowhere.\n\n  {recovery_key}\n\n"
        "It counts, like the new password, when all is replaced; until then the old ones do. Keep both until then."
    )
    run.output.result("recovery_key", {"recovery_key": recovery_key}, told)
    confirm_written(run, recovery_key)


def _give_up(run: Invocation, unreadable: UnreadableChats) -> None:
    """These chats, by a person's word alone: the server may only be keeping their keys back."""
    unreadable.kept_in(run.client.keep_evidence(unreadable))
    run.output.fail(unreadable)
    for chat in unreadable.chats:
        if not delete_if_agreed(run, chat):
            raise ClientError(
                "not_confirmed",
                "Your keys were not replaced: what opened your account still does. Your other devices are signed out.",
                "`sealmate secure` begins again, once it is known what becomes of this chat.",
            )


def _until_done(run: Invocation, finish: Callable[[], Result]) -> Result:
    """What broke off is repeated as it is, while a person wants that: the recovery key is written down already."""
    while True:
        run.output.status("replacing your keys")
        try:
            return proved(run, finish)
        except UnreadableChats as error:
            if not run.interactive:
                raise
            _give_up(run, error)
        except ClientError as error:
            if not run.interactive or isinstance(error, (Tampered, NotSignedIn)):
                raise
            run.output.fail(error)
            if run.ask("again", "Not done yet. Type yes to try again").strip().casefold() not in ("yes", "y"):
                raise
