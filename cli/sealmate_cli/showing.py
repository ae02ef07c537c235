"""The commands that read: who is signed in, which chats there are, and one chat in clear."""

import time

from sealmate_cli.errors import Tampered
from sealmate_cli.invocation import Invocation
from sealmate_cli.reading import ReadChat, ReadTurn
from sealmate_cli.watching import CUT

_OUTCOMES = {
    "asked": "no answer yet",
    "refused": "refused, nothing charged",
    "failed": "failed, nothing charged",
    "stopped": "stopped before there was an answer, nothing charged",
    "withheld": "the answer was taken back by the server",
}


def show_account(run: Invocation) -> None:
    account = run.client.whoami()
    text = (
        f"{account.email}\n"
        f"account  {account.account_id}\n"
        f"credits  {account.wallet.available} available, {account.wallet.held} set aside\n"
        f"keys     epoch {account.epoch}"
    )
    run.output.result("account", account, text)


def show_chats(run: Invocation) -> None:
    chats = run.client.chats()
    for chat in chats:
        run.output.result("chat", chat, f"{chat.chat_id}  {when(chat.active_at)}  {_title(chat)}")
    if not chats:
        run.output.note("No chats yet. `sealmate chat` begins one.")
    _alarm(next((chat.trouble for chat in chats if chat.trouble), None), "title of a chat")


def show_chat(run: Invocation, chat_id: str) -> None:
    turns = run.client.turns(chat_id)
    for turn in turns:
        run.output.result("turn", turn, _turn(turn))
    if not turns:
        run.output.note("Nothing was said in this chat yet.")
    _alarm(next((turn.trouble for turn in turns if turn.trouble), None), "chat")


def _alarm(trouble: str | None, what: str) -> None:
    """Everything that opens was shown; what does not is never passed over in silence."""
    if trouble is not None:
        raise Tampered(what, trouble.rpartition(": ")[2])


def _title(chat: ReadChat) -> str:
    if chat.trouble is not None:
        return f"[title can't be trusted: {chat.trouble}]"
    return chat.title or "(no title)"


def _turn(turn: ReadTurn) -> str:
    unread = "[deleted]" if turn.outcome == "deleted" else "[can not be opened]"
    lines = [f"{when(turn.created_at)}  You: {unread if turn.text is None else turn.text}"]
    if turn.answer is not None:
        name = (turn.mate or "answer").capitalize()
        spent = f" ({turn.credits} {'credit' if turn.credits == 1 else 'credits'})" if turn.credits is not None else ""
        lines.append(f"{name}{spent}: {turn.answer}{CUT.get(turn.finish or '', '')}")
    if turn.outcome in _OUTCOMES:
        why = f": {turn.code}" if turn.code and turn.outcome != "stopped" else ""
        lines.append(f"({_OUTCOMES[turn.outcome]}{why})")
    if turn.trouble is not None:
        lines.append(f"[this turn can't be trusted: {turn.trouble}]")
    return "\n".join(lines) + "\n"


def when(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
