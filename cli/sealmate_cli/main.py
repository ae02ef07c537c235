"""The `sealmate` command: its options, its commands, and how every failure ends."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from sealmate_cli import (
    account_commands,
    adding_devices,
    chatting,
    deleting,
    losing,
    noticing,
    onboarding,
    securing_account,
    showing,
)
from sealmate_cli.ending import failing_well, running
from sealmate_cli.invocation import Invocation, Surroundings, is_interactive
from sealmate_cli.output import JsonOutput, Output, PlainOutput

app = typer.Typer(
    name="sealmate",
    help="Sealed chats in the terminal: what is stored is encrypted on this device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(account_commands.devices, name="devices")
app.add_typer(account_commands.ways, name="ways")
app.add_typer(account_commands.account, name="account")

Email = Annotated[str | None, typer.Option(envvar="SEALMATE_EMAIL", help="Your e-mail address.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from a line of stdin.")]
MailCode = Annotated[str | None, typer.Option(envvar="SEALMATE_MAIL_CODE", help="The six digits from the mail.")]
TotpCode = Annotated[str | None, typer.Option(envvar="SEALMATE_TOTP_CODE", help="The authenticator's code.")]


@app.callback()
def options(
    context: typer.Context,
    server: Annotated[
        str | None, typer.Option(envvar="SEALMATE_SERVER", help="Address; default http://localhost:8410.")
    ] = None,
    home: Annotated[Path | None, typer.Option(envvar="SEALMATE_HOME", help="Folder of this device's profile.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    surroundings = context.obj if isinstance(context.obj, Surroundings) else Surroundings()
    output: Output = JsonOutput() if as_json else PlainOutput()
    interactive = is_interactive() if surroundings.interactive is None else surroundings.interactive
    with failing_well(output):
        client = surroundings.make_client(server, home or Path(typer.get_app_dir("sealmate")))
        context.obj = Invocation(client=client, output=output, interactive=interactive and not as_json)
        context.call_on_close(client.close)


@app.command()
def signup(
    context: typer.Context,
    email: Email = None,
    code: MailCode = None,
    password_stdin: PasswordStdin = False,
    totp_code: TotpCode = None,
) -> None:
    """Make an account: mail code, password, authenticator; shows the recovery key once."""
    with running(context) as run:
        onboarding.sign_up(run, email=email, code=code, password_stdin=password_stdin, totp_code=totp_code)


@app.command()
def login(
    context: typer.Context,
    *,
    email: Email = None,
    password_stdin: PasswordStdin = False,
    totp_code: TotpCode = None,
    pair: Annotated[bool, typer.Option("--pair", help="With the help of a device that is signed in.")] = False,
    code: Annotated[str | None, typer.Option("--code", help="With --pair: the code or link that it shows.")] = None,
) -> None:
    """Sign in on this device."""
    if code is not None and not pair:
        raise typer.BadParameter("--code goes with --pair")
    with running(context) as run:
        if pair:
            adding_devices.log_in_with_device(run, code=code)
        else:
            onboarding.log_in(run, email=email, password_stdin=password_stdin, totp_code=totp_code)
        noticing.notice(run)


@app.command()
def logout(context: typer.Context) -> None:
    """Sign out and wipe the keys from this device."""
    with running(context) as run:
        run.client.logout()
        run.output.result("signed_out", {}, "Signed out; the keys are wiped from this device.")


@app.command()
def secure(context: typer.Context, password_stdin: PasswordStdin = False) -> None:
    """Somebody else was in: sign out all others, and make keys, password, recovery key and backup codes anew."""
    with running(context) as run:
        securing_account.secure_account(run, password_stdin=password_stdin)


@app.command()
def reset(
    context: typer.Context,
    email: Email = None,
    code: MailCode = None,
) -> None:
    """Every way in is lost: erase the account after a waiting time, and make a new one."""
    with running(context) as run:
        losing.reset_account(run, email=email, code=code)


@app.command()
def chat(
    context: typer.Context,
    message: Annotated[str | None, typer.Argument(help="What to say; without it, a conversation begins.")] = None,
    chat_id: Annotated[str | None, typer.Option("--chat", help="Go on with this chat, by its id.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Begin a new chat instead of going on with the last.")] = False,
    mate: Annotated[str | None, typer.Option(help="Ask this mate.")] = None,
) -> None:
    """Talk: one MESSAGE, or a conversation; goes on with your last chat unless told otherwise."""
    if new and chat_id is not None:
        raise typer.BadParameter("--chat and --new exclude each other")
    with running(context) as run:
        noticing.notice(run)
        if chat_id is None and not new:
            chat_id = run.client.latest_chat()
            if chat_id is not None:
                run.output.note("Going on with your latest chat; --new begins another.")
        talk = chatting.Chatting(run, chat=chat_id, mate=mate)
        if message is None:
            talk.converse()
        else:
            talk.once(message)


@app.command()
def history(
    context: typer.Context,
    chat_id: Annotated[
        str | None, typer.Argument(metavar="[CHAT]", help="The chat's id; without it, the list.")
    ] = None,
) -> None:
    """Read a chat, opened and checked on this device; or list the chats."""
    with running(context) as run:
        noticing.notice(run)
        if chat_id is None:
            showing.show_chats(run)
        else:
            showing.show_chat(run, chat_id)


@app.command()
def chats(context: typer.Context) -> None:
    """List your chats, the latest first."""
    with running(context) as run:
        noticing.notice(run)
        showing.show_chats(run)


@app.command("delete")
def delete(
    context: typer.Context, chat_id: Annotated[str, typer.Argument(metavar="CHAT", help="The chat's id.")]
) -> None:
    """Delete a chat, on all your devices."""
    with running(context) as run:
        deleting.delete_chat(run, chat_id)


@app.command()
def whoami(context: typer.Context) -> None:
    """Show the account, its credits and its keys' epoch."""
    with running(context) as run:
        noticing.notice(run)
        showing.show_account(run)


@app.command("help")
def show_help(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="COMMAND", help="Without it, all commands.")] = None,
) -> None:
    """Show all commands, or how one of them is used."""
    shown = context.find_root()
    for word in words or ():
        command = shown.command.get_command(shown, word) if isinstance(shown.command, TyperGroup) else None
        if command is None:
            raise typer.BadParameter(f"there is no command {word}")
        shown = typer.Context(command, info_name=word, parent=shown)
    typer.echo(shown.get_help())


def main() -> None:
    # A terminal in another encoding must not turn an answer into a crash.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
