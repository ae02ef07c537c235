"""The command of who has lost every way in: what is said first, what is asked, and the new account after the old one."""

from itertools import chain, repeat

from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Invocation
from sealmate_cli.lost_account import LostAccount
from sealmate_cli.onboarding import sign_up, tell_local_mail
from sealmate_cli.retrying import until_right
from sealmate_cli.showing import when
from sealmate_cli.typed import expect_email
from sealmate_cli.wire import http as wire

_FIRST = """Without a key nobody can open your chats, not even we. What you can get back is your address: the old account is
erased after a waiting time, and you make a new one. Have you tried everything?
- Your recovery key, on paper or in a file: `sealmate login` takes it in place of the password.
- A backup code: it takes the place of the authenticator's.
- A device where you are still signed in: there you can make new ones."""
_GONE = """Gone will be, and nobody can bring it back: all chats with everything in them; all credits, bought ones too, as they
don't move to the new account; all keys, codes and signed-in devices."""


def reset_account(run: Invocation, *, email: str | None, code: str | None) -> None:
    run.output.note(_FIRST)
    lost = _ask(run, email) if code is None else _asked(run, email)
    given = chain([code], repeat(None))  # whoever gave a wrong one types the next
    standing = until_right(run, lambda: lost.look(run.ask("mail_code", "Code from the mail", given=next(given))))
    if standing.state == "none":
        standing = _begin(run, lost, standing)
    if standing.state == "waiting":
        _tell_waiting(run, standing)
        return
    _end(run, lost)


def stop_reset(run: Invocation) -> None:
    run.client.account.stop_reset()
    run.output.result("reset_stopped", {}, "The waiting time is over; nothing was erased.")


def _ask(run: Invocation, email: str | None) -> LostAccount:
    lost = run.client.lose_account(run.ask("email", "E-mail", given=email))
    run.output.note(
        f"If {lost.email} has an account, six digits are on their way. They are good for half an hour, also for "
        "`sealmate reset --code` if you leave here."
    )
    tell_local_mail(run)
    return lost


def _asked(run: Invocation, email: str | None) -> LostAccount:
    """Another mail would have another code."""
    lost = run.client.lost_account()
    if lost is None or (email is not None and expect_email(email) != lost.email):
        raise ClientError(
            "no_code_asked",
            "No code that still counts was asked for from here.",
            "Run `sealmate reset` without --code: it has a new one mailed.",
        )
    return lost


def _begin(run: Invocation, lost: LostAccount, standing: wire.Reset) -> wire.Reset:
    ready = when(int(run.client.now()) + standing.waiting_seconds)
    run.output.note(
        f"{_GONE}\nFirst comes a waiting time with three mails, in case it isn't you who asks. If you begin now, you can "
        f"confirm from {ready} on, with a new code. Until then nothing is erased."
    )
    _confirm(run, lost.email, "begin")
    return lost.start()


def _tell_waiting(run: Invocation, standing: wire.Reset) -> None:
    text = (
        f"The waiting time runs until {when(standing.ready_at)}. Come back then: `sealmate reset` asks for a new code, and "
        "nothing is erased until you confirm it. If you can get in after all, just sign in: that stops it."
    )
    run.output.result("reset_waiting", standing, text)


def _end(run: Invocation, lost: LostAccount) -> None:
    run.output.note(f"The waiting time is over: you can erase the account now. If you don't, nothing happens.\n{_GONE}")
    _confirm(run, lost.email, "erase the account for ever")
    erasure_id = lost.finish()
    text = f"The account is gone. Its receipt: {run.client.server}/erased/{erasure_id}"
    run.output.result("account_gone", {"email": lost.email, "erasure_id": erasure_id}, text)
    if not run.interactive:
        return
    run.output.note("Your address is free: now make the new account. It begins with a new code.")
    sign_up(run, email=lost.email, code=None, password_stdin=False, totp_code=None)


def _confirm(run: Invocation, email: str, what: str) -> None:
    """The address is typed, so that no slip ends an account."""
    typed = run.ask("confirm_email", f"Type {email} to {what}")
    if typed.strip().casefold() != email.casefold():
        raise ClientError(
            "not_confirmed", "That is another address.", "Nothing was changed; begin again if you meant it."
        )
