"""The command that deletes a chat on every device, also one whose key opens nowhere."""

from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Invocation


def delete_chat(run: Invocation, chat_id: str) -> None:
    if not delete_if_agreed(run, chat_id):
        raise ClientError("not_confirmed", "Nothing was deleted.", "`sealmate chats` lists your chats.")


def delete_if_agreed(run: Invocation, chat_id: str) -> bool:
    """What is deleted comes back nowhere, so it takes a yes."""
    answer = run.ask("delete", f"Delete chat {chat_id} for good, on all your devices? Type yes")
    if answer.strip().casefold() not in ("yes", "y"):
        return False
    run.client.delete_chat(chat_id)
    run.output.result("chat_deleted", {"chat_id": chat_id}, "Deleted, on all your devices.")
    return True
