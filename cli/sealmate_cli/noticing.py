"""What the owner must hear of whenever the account is opened: devices nobody knows yet, and that somebody wants it erased."""

from sealmate_cli.errors import ClientError, Tampered
from sealmate_cli.invocation import Invocation
from sealmate_cli.listing import find_one
from sealmate_cli.retrying import proved
from sealmate_cli.securing_account import offer_to_secure
from sealmate_cli.showing import when
from sealmate_cli.wire import http as wire


def notice(run: Invocation) -> None:
    """For people. What can't be asked now is asked at the next opening; the command itself says what is wrong."""
    if run.output.json:
        return
    account = run.client.account
    try:
        devices, ready_at = account.new_devices(), account.reset_ready_at()
    except Tampered:
        raise
    except ClientError:
        return
    for device in devices:
        run.output.alert(_question(device))
    if ready_at is not None:
        run.output.alert(
            "Somebody who can read your mail says that every way into your account is lost. It may be erased from "
            f"{when(ready_at)} on. If that wasn't you: `sealmate account stop-reset`."
        )


def show_new_devices(run: Invocation) -> None:
    devices = run.client.account.new_devices()
    for device in devices:
        run.output.result("new_device", device, f"{device.device_id}  {_question(device)}")
    if not devices:
        run.output.note("No device is new.")


def answer_for_device(run: Invocation, *, device: str, mine: bool) -> None:
    found = find_one(run.client.account.new_devices(), device, lambda each: each.device_id, "new device", "devices new")
    proved(run, lambda: run.client.account.answer_device(found.device_id, mine=mine))
    answered = {"device_id": found.device_id, "mine": mine}
    if mine:
        run.output.result("device_answered", answered, f"{found.device} is known as yours from now on.")
        return
    told = f"{found.device} is signed out. Now secure your account. What was copied already can't be taken back."
    run.output.result("device_answered", answered, told)
    offer_to_secure(run)


def _question(device: wire.NewDevice) -> str:
    where = f", in or near {device.place}" if device.place else ""
    short = device.device_id[:8]
    return (
        f"A new device signed in to your account: {device.device}, {when(device.first_seen_at)}{where}. Was that you? "
        f"`sealmate devices mine {short}`, or `sealmate devices not-mine {short}`, which signs it out."
    )
