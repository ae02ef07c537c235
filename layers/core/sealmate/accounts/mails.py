"""The mails about accounts, in plain text."""

from __future__ import annotations

from sealmate.ports import Mailer, Random


def make_code(random: Random) -> str:
    """Six digits, to be typed from a mail."""
    return f"{int.from_bytes(random.bytes(8), 'big') % 10**6:06}"


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


def send_change_to_new(mailer: Mailer, *, to: str, code: str) -> None:
    mailer.send(
        to=to,
        subject="Your code for this address",
        text=(
            f"Your code is {code}\n\n"
            "Someone, perhaps you, wants to use this address for a Sealmate account. Enter the code where the change began,\n"
            "within half an hour, with the one that went to the account's present address.\n"
            "If that wasn't you, there is nothing to do.\n"
        ),
    )


def send_change_to_old(mailer: Mailer, *, to: str, code: str) -> None:
    mailer.send(
        to=to,
        subject="Someone wants to change your Sealmate address",
        text=(
            f"The code for it is {code}\n\n"
            "If it is you, enter it where you began the change, within half an hour, with the one that went to the new address.\n"
            "If it isn't you, tell the code to nobody: without it your address stays. Whoever asked for this is signed in to your\n"
            "account, so sign in too, end the sessions of devices you don't know under Settings, Account, and change your password.\n"
        ),
    )


def send_reset_code(mailer: Mailer, *, to: str, code: str) -> None:
    mailer.send(
        to=to,
        subject="Your code for a lost Sealmate account",
        text=(
            f"Your code is {code}\n\n"
            "It is for someone who has lost every way into this account. With it begins the waiting time after which the account can\n"
            "be erased with everything in it; once that time is over, it erases the account. Enter it within half an hour where\n"
            "you asked for it.\n\n"
            "If that wasn't you, tell the code to nobody: without it nothing happens.\n"
        ),
    )


def send_nothing_to_reset(mailer: Mailer, *, to: str) -> None:
    mailer.send(
        to=to,
        subject="No Sealmate account has this address",
        text=(
            "Someone, perhaps you, said that every way into the Sealmate account of this address is lost. There is no such account.\n\n"
            "If it was you, try another of your addresses, or sign up with this one.\n"
            "If it wasn't, there is nothing to do.\n"
        ),
    )


def send_known_change(mailer: Mailer, *, to: str) -> None:
    mailer.send(
        to=to,
        subject="This address has a Sealmate account already",
        text=(
            "Someone, perhaps you, wants to use this address for another Sealmate account. It has one already, so that can't be.\n\n"
            "If it was you, sign in with this address instead, or erase that account first.\n"
            "If it wasn't, there is nothing to do: your account is as it was.\n"
        ),
    )
