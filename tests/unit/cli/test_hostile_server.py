"""Every lie of hostile_v1.json, told to the terminal client through its commands: refused by its code, and nothing is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sealmate_cli import crypto, taking
from sealmate_cli.client import Client
from sealmate_cli.crypto import Random, system_random
from sealmate_cli.errors import ClientError
from sealmate_cli.invocation import Surroundings
from sealmate_cli.main import app
from sealmate_cli.output import JsonOutput, printable
from sealmate_cli.profile import Profile, ProfileFile
from sealmate_cli.watching import TurnView
from sealmate_cli.wire.shape import from_base64url
from tests.unit.cli.conftest import make_device
from tests.unit.cli.fake_server import Json
from tests.unit.cli.hostile_server import PERSON, VECTORS, HostileServer, lied, prepare

PAIRING: Json = VECTORS["pairing"]


@dataclass(frozen=True)
class Terminal:
    server: HostileServer
    home: Path

    def run(self, *arguments: str, typed: str = "") -> str | None:
        """The code it ends with; None if all is well."""
        result = self.result(*arguments, typed=typed)
        code: str | None = json.loads(result.stderr.splitlines()[-1])["error"]["code"] if result.exit_code else None
        return code

    def client(self, random: Random) -> Client:
        return make_device(self.server, self.home, random=random)

    def result(self, *arguments: str, typed: str = "") -> Result:
        surroundings = Surroundings(make_client=lambda origin, home: make_device(self.server, home, origin))
        words = ["--json", "--home", str(self.home), *arguments]
        return CliRunner().invoke(app, words, input=typed, obj=surroundings, catch_exceptions=False)


def drawing(*drawn: str) -> Random:
    """In place of chance."""
    left = iter(drawn)
    return lambda _length: from_base64url(next(left))


def sign_up(terminal: Terminal) -> str | None:
    options = ("--email", PERSON["email"], "--code", PERSON["code"], "--password-stdin", "--totp-code", PERSON["code"])
    return terminal.run("signup", *options, typed=f"{PERSON['password']}\n")


def sign_in(terminal: Terminal) -> str | None:
    options = ("--email", PERSON["email"], "--password-stdin", "--totp-code", PERSON["code"])
    return terminal.run("login", *options, typed=f"{PERSON['password']}\n")


def follow(terminal: Terminal) -> str | None:
    return terminal.run("whoami")


def turn(terminal: Terminal) -> str | None:
    """The key is due."""
    client = terminal.client(system_random)
    epoch = client.identity().epoch
    try:
        client.arrive()
    except ClientError as error:
        return error.code
    if client.held_up is None:
        assert client.identity().epoch == epoch + 1
    return client.held_up.code if client.held_up else None


def read_list(terminal: Terminal) -> str | None:
    return terminal.run("chats")


def read_chat(terminal: Terminal) -> str | None:
    """And goes on with it, if it can be trusted."""
    code = terminal.run("history", PERSON["talk"])
    assert terminal.run("chat", "--chat", PERSON["talk"], "And?") == code
    return code


def hear_answer(terminal: Terminal) -> str | None:
    client = make_device(terminal.server, terminal.home)
    view = TurnView(JsonOutput())

    async def hear() -> None:
        async with client.connect() as connection:
            async for event in connection.resume(PERSON["turn"], PERSON["running"]):
                view.show(event)

    asyncio.run(hear())
    client.close()
    failure = view.outcome.failure
    return failure.code if failure else None


def begin_chat(terminal: Terminal) -> str | None:
    return terminal.run("chat", "--new", "Hello")


def take_keys(terminal: Terminal) -> str | None:
    """A device that shows other digits than the giver is refused there; whatever it was given by then opens nothing."""
    drawn = (PAIRING[each] for each in ("claim", "seed", "joiner_nonce"))
    client = terminal.client(drawing(*drawn))
    meeting = client.take_keys(PAIRING["text"])
    differ = meeting.meet() != PAIRING["code"]
    try:
        meeting.enter()
    except ClientError as error:
        return "codes_differ" if differ else error.code
    assert not differ
    return None


def give_keys(terminal: Terminal) -> str | None:
    client = terminal.client(drawing(PAIRING["secret"], PAIRING["giver_nonce"]))
    giving = client.give_keys()
    try:
        meeting = giving.meet()
        if meeting.code != PAIRING["code"]:
            giving.refuse()
            return "codes_differ"
        giving.give(meeting)
        giving.arrived()
    except ClientError as error:
        return error.code
    return None


def lose(terminal: Terminal) -> str | None:
    """Begun, and looked at again when its waiting time is over."""
    words = ("reset", "--email", PERSON["email"])
    typed = f"{PERSON['code']}\n{PERSON['email']}\n"
    return terminal.run(*words, typed=typed) or terminal.run(*words, typed=typed)


def secure(terminal: Terminal) -> str | None:
    """By a person who has proved that it is them."""
    client = terminal.client(system_random)
    try:
        begun = client.securing.begin()
        made, _ = client.securing.make(begun, "kelp forest at dusk")
        client.securing.replace(begun, made, told=lambda _chats: None)
        client.securing.settle(made)
    except ClientError as error:
        return error.code
    assert client.identity().epoch == made.keys.epoch
    return None


ACTS: dict[str, Callable[[Terminal], str | None]] = {
    "sign up": sign_up,
    "read back": follow,
    "sign in": sign_in,
    "follow": follow,
    "turn": turn,
    "list": read_list,
    "open": read_chat,
    "answer": hear_answer,
    "begin": begin_chat,
    "take": take_keys,
    "give": give_keys,
    "lose": lose,
    "secure": secure,
}
# The terminal keeps no settings of the app's.
NOT_HERE = {"settings"}
SCENARIOS: list[Json] = [each for each in VECTORS["scenarios"] if each["act"] not in NOT_HERE]
SEALED = f"PUT /account/pairings/{crypto.read_invitation(PAIRING['text']).pairing_id}/sealed"


def said_as(end: str) -> str:
    said: list[str] = list(VECTORS["said"])
    return next(name for name in said if name.endswith(end))


# Where the server is honest.
SIGNED_UP = "POST /auth/signup/complete"
WRITTEN = {
    "sign up": [SIGNED_UP],
    "read back": [SIGNED_UP],
    "follow": ["POST /account/keys/acknowledged"],
    "turn": [said_as("/flip"), "POST /account/keys/acknowledged"],
    "open": ["ask"],
    "begin": ["ask"],
    "give": [SEALED],
    "lose": ["POST /auth/reset/start", "POST /auth/reset/finish"],
    "secure": [said_as("/secure")],
}


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients by one name, which the digits follow from."""
    monkeypatch.setattr(taking, "DEVICE", PAIRING["device"])


def make_terminal(home: Path, act: str, device: str, lies: list[Json]) -> Terminal:
    """As the device is found: what it remembers, and for what follows it, signed up."""
    prepare(home, device)
    terminal = Terminal(HostileServer(said=lied(lies)), home)
    if act == "turn":
        terminal.server.said["GET /account"]["rotation_due_at"] = 0
    if act == "read back":
        assert sign_up(terminal) is None
    return terminal


def remembered(home: Path) -> Profile:
    """But for a mail that was asked for, which says nothing of an account."""
    return ProfileFile(home).load().model_copy(update={"asked_reset": None})


def test_every_act_is_played_here() -> None:
    assert {each["act"] for each in SCENARIOS} == set(ACTS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each["name"] for each in SCENARIOS])
def test_a_lie(scenario: Json, tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, scenario["act"], scenario["device"], scenario["lies"])
    before = remembered(tmp_path)
    assert ACTS[scenario["act"]](terminal) == scenario["code"]
    assert terminal.server.written == scenario["written"]
    assert remembered(tmp_path) == before


@pytest.mark.parametrize(("act", "device"), sorted({(each["act"], each["device"]) for each in SCENARIOS}))
def test_the_same_without_a_lie(act: str, device: str, tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, act, device, [])
    assert ACTS[act](terminal) is None
    assert terminal.server.written == (WRITTEN.get(act, []) if device != "here" or act != "follow" else [])


def test_a_chat_that_holds_up_the_turn_is_told_and_the_conversation_goes_on(tmp_path: Path) -> None:
    (planted,) = (each for each in SCENARIOS if each["name"] == "chat key planted while turning")
    terminal = make_terminal(tmp_path, "turn", "here", planted["lies"])
    result = terminal.result("chat", "--new", "Hello")
    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in result.stdout.splitlines()]
    (held_up,) = (each for each in told if each["type"] == "keys_held_up")
    assert (held_up["code"], held_up["chats"]) == ("wrong_key", [PERSON["talk"]])
    assert "turn_stopped" in {each["type"] for each in told}
    assert [str(file) in held_up["next_step"] for file in tmp_path.glob("evidence-*-wrong_key.json")] == [True]


def test_what_was_sent_is_kept_for_whoever_looks_into_it(tmp_path: Path) -> None:
    (planted,) = (each for each in SCENARIOS if each["name"] == "master key planted")
    terminal = make_terminal(tmp_path, "sign in", "new", planted["lies"])
    assert sign_in(terminal) == "wrong_key"
    (file,) = tmp_path.glob("evidence-*-wrong_key.json")
    assert file.stat().st_mode & 0o077 == 0
    kept = json.loads(file.read_text())
    told = {each["request"]: each["answer"] for each in kept["answers"]}
    assert told["POST /auth/login/totp"] == {"keys": terminal.server.said["POST /auth/login/totp"]["keys"]}
    assert "login_id" not in told["POST /auth/login"]


@pytest.mark.parametrize("words", VECTORS["words"], ids=[each["name"] for each in VECTORS["words"]])
def test_words_of_an_answer_are_only_shown(words: Json) -> None:
    shown = printable(words["text"])
    assert all(each in "\n\t" or each.isprintable() for each in shown)
    assert not any("\u202a" <= each <= "\u202e" or "\u2066" <= each <= "\u2069" for each in shown)
    # What is harmless stays as it was written: no markup is obeyed, no address is hidden.
    assert [each for each in words["text"] if each.isascii() and each.isprintable()] == [
        each for each in shown if each.isascii() and each.isprintable()
    ]
