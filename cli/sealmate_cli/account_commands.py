"""The commands of an account's life, as they are called: its devices, its ways in, what opens it, its end."""

from typing import Annotated

import typer

from sealmate_cli import adding_devices, losing, managing, noticing
from sealmate_cli.ending import running

devices = typer.Typer(
    help="Your devices: list, add one, end one, end all others, say which new ones are yours (list, add, end, end-others, "
    "new, mine, not-mine); listed if you name nothing.",
    invoke_without_command=True,
)
ways = typer.Typer(
    help="Your ways in: list, rename or remove one (list, rename, remove); listed if you name nothing.",
    invoke_without_command=True,
)
account = typer.Typer(
    help="Your account: password, recovery-key, backup-codes, authenticator, email, stop-reset, erase.",
    no_args_is_help=True,
)
Device = Annotated[str, typer.Argument(help="Its id, or how that begins.")]
# A device's id may begin like an option.
_AS_IT_IS = {"ignore_unknown_options": True}
Way = Annotated[str, typer.Argument(help="Its id, or how that begins.")]


@devices.callback()
def devices_alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_devices(context)


@devices.command("list")
def list_devices(context: typer.Context) -> None:
    """Show where your account is signed in."""
    with running(context) as run:
        managing.show_devices(run)


@devices.command("add")
def add_device(context: typer.Context) -> None:
    """Add a device: it signs in with the help of this one."""
    with running(context) as run:
        adding_devices.add_device(run)


@devices.command("end")
def end_device(context: typer.Context, device: Device) -> None:
    """Sign a device out; its open connections close."""
    with running(context) as run:
        managing.end_device(run, device=device)


@devices.command("end-others")
def end_other_devices(context: typer.Context) -> None:
    """Sign out all devices but this one."""
    with running(context) as run:
        managing.end_other_devices(run)


@devices.command("new")
def list_new_devices(context: typer.Context) -> None:
    """Show devices that signed in for the first time and that nobody has said yes or no to."""
    with running(context) as run:
        noticing.show_new_devices(run)


@devices.command("mine", context_settings=_AS_IT_IS)
def take_device_for_mine(context: typer.Context, device: Device) -> None:
    """Say that a new device is yours."""
    with running(context) as run:
        noticing.answer_for_device(run, device=device, mine=True)


@devices.command("not-mine", context_settings=_AS_IT_IS)
def shut_device_out(context: typer.Context, device: Device) -> None:
    """Say that a new device isn't yours: it is signed out at once."""
    with running(context) as run:
        noticing.answer_for_device(run, device=device, mine=False)


@ways.callback()
def ways_alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_ways(context)


@ways.command("list")
def list_ways(context: typer.Context) -> None:
    """Show what opens your account."""
    with running(context) as run:
        managing.show_ways(run)


@ways.command("rename")
def rename_way(context: typer.Context, way: Way, name: Annotated[str, typer.Argument(help="How to call it.")]) -> None:
    """Give a way in another name; asks for a fresh proof."""
    with running(context) as run:
        managing.rename_way(run, way=way, name=name)


@ways.command("remove")
def remove_way(context: typer.Context, way: Way) -> None:
    """Remove a way in; the recovery key and one more always stay. Asks for a fresh proof."""
    with running(context) as run:
        managing.remove_way(run, way=way)


@account.command("password")
def change_password(
    context: typer.Context,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the new password from a line of stdin.")
    ] = False,
) -> None:
    """Change the password; asks for a fresh proof and signs out all other devices."""
    with running(context) as run:
        managing.change_password(run, password_stdin=password_stdin)


@account.command("recovery-key")
def replace_recovery_key(context: typer.Context) -> None:
    """Make a new recovery key; it counts once you have shown that you saved it."""
    with running(context) as run:
        managing.replace_recovery_key(run)


@account.command("backup-codes")
def renew_backup_codes(context: typer.Context) -> None:
    """Make ten new backup codes; the old ones are void."""
    with running(context) as run:
        managing.renew_backup_codes(run)


@account.command("authenticator")
def replace_authenticator(context: typer.Context) -> None:
    """Set up a new authenticator; it takes the old one's place with its first code."""
    with running(context) as run:
        managing.replace_authenticator(run)


@account.command("email")
def change_email(
    context: typer.Context, email: Annotated[str | None, typer.Argument(help="The new address.")] = None
) -> None:
    """Change the e-mail address; both ends confirm."""
    with running(context) as run:
        managing.change_email(run, email=email)


@account.command("stop-reset")
def stop_reset(context: typer.Context) -> None:
    """Nothing is lost: end the waiting time after which somebody might erase the account."""
    with running(context) as run:
        losing.stop_reset(run)


@account.command("erase")
def erase_account(context: typer.Context) -> None:
    """Erase the account for good; asks to type its address, and for a fresh proof."""
    with running(context) as run:
        managing.erase_account(run)
