"""The commands that add a device: both sides of it, what is asked and what is compared."""

import contextlib
import sys

import segno

from sealmate_cli.errors import ClientError
from sealmate_cli.giving import Giving, Meeting
from sealmate_cli.invocation import Invocation
from sealmate_cli.onboarding import tell_signed_in
from sealmate_cli.retrying import proved, until_right
from sealmate_cli.taking import Taking


def log_in_with_device(run: Invocation, *, code: str | None) -> None:
    run.output.note("On a device where you are signed in: Settings, Account, Add a device; or `sealmate devices add`.")
    taking, digits = _meet(run, code) if code else until_right(run, lambda: _meet(run, _typed(run)))
    _tell_code(run, digits)
    run.output.note("Does the other device show this very code? Then say so there. If not, refuse it there.")
    run.output.status("waiting for your word on the other device")
    tell_signed_in(run, taking.enter())


def _typed(run: Invocation) -> str:
    return run.ask("pairing_code", "Code that it shows")


def _meet(run: Invocation, code: str) -> tuple[Taking, str]:
    """With the digits to compare. A slip in the code shows only here: it is the code of another pairing then."""
    taking = run.client.take_keys(code)
    run.output.status("connecting to the other device")
    return taking, taking.meet()


def add_device(run: Invocation) -> None:
    giving = run.client.give_keys()
    if run.interactive and not run.output.json:
        run.output.note("Scan this with the new device:")
        segno.make(giving.link).terminal(out=sys.stdout, compact=True)
    text = f"Or type this code there, after “With another device” or `sealmate login --pair`:\n\n  {giving.invitation.text}\n"
    run.output.result("pairing_offered", {"code": giving.invitation.text, "link": giving.link}, text)
    try:
        meeting = _compare(run, giving)
        if meeting is not None:
            proved(run, lambda: giving.give(meeting))
    except BaseException:
        with contextlib.suppress(ClientError):
            giving.refuse()
        raise
    if meeting is None:
        giving.refuse()
        run.output.result("pairing_refused", {}, "Nothing was given; no device was added.")
        return
    run.output.status("the new device is signing in")
    giving.arrived()
    run.output.result("device_added", {"device": meeting.device.name}, f"{meeting.device.name} was added.")


def _compare(run: Invocation, giving: Giving) -> Meeting | None:
    """None if the codes differ."""
    run.output.status("waiting for the new device")
    meeting = giving.meet()
    run.output.note(f"{meeting.device.name} wants to be added.")
    _tell_code(run, meeting.code)
    answer = run.ask("same_code", "Does the new device show this very code? (yes/no)")
    return meeting if answer.strip().casefold() in ("yes", "y") else None


def _tell_code(run: Invocation, digits: str) -> None:
    run.output.result("compare_code", {"code": digits}, f"\n  {digits[:3]} {digits[3:]}\n")
