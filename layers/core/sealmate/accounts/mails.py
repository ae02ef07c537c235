"""The mails about accounts, in plain text."""

from __future__ import annotations

from sealmate.ports import Mailer


def send_code(mailer: Mailer, *, to: str, code: str) -> None:
    mailer.send(
        to=to,
        subject="Your Sealmate code",
        text=(
            f"Your code is {code}\n\n"
            "Enter it where you began to sign up, within ten minutes.\n"
            "If that wasn't you, there is nothing to do: without the code no account is made.\n"
        ),
    )


def send_known(mailer: Mailer, *, to: str) -> None:
    mailer.send(
        to=to,
        subject="You already have a Sealmate account",
        text=(
            "Someone, perhaps you, began to sign up with this e-mail address. It has an account already.\n\n"
            "If it was you, sign in instead, with your password or your recovery key.\n"
            "If it wasn't, there is nothing to do: your account is as it was.\n"
        ),
    )
