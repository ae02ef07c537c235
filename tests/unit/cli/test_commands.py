"""The commands, as a person at a terminal and as a script meets them."""

from pathlib import Path

import httpx
import pytest

from sealmate_cli.client import Client
from sealmate_cli.crypto import Random
from sealmate_cli.profile import ProfileFile
from tests.unit.cli.conftest import EMAIL, PASSWORD
from tests.unit.cli.fake_server import (
    MAIL_CODE,
    TOTP_CODE,
    TOTP_SECRET,
    FakeServer,
    FakeSocket,
    FakeTurn,
    problem,
)
from tests.unit.cli.invoking import Invoke, error_of, lines

ZEROS: Random = bytes


ZERO_KEY = "-".join(["0000"] * 12)
"""How the recovery key of zeros begins; all but its checksum."""


def test_a_script_signs_up(invoke: Invoke) -> None:
    typed = f"{MAIL_CODE}\n{PASSWORD}\n{TOTP_CODE}\n"
    result = invoke("--json", "signup", "--email", EMAIL, "--password-stdin", typed=typed)
    assert result.exit_code == 0, result.output
    told = lines(result.stdout)
    assert [each["type"] for each in told] == ["input_needed", "totp_offered", "input_needed", "signed_up"]
    assert told[0]["name"] == "mail_code"
    assert told[1]["secret"] == TOTP_SECRET
    assert len(told[3]["backup_codes"]) == 10
    assert lines(invoke("--json", "whoami").stdout)[0]["email"] == EMAIL


@pytest.mark.parametrize("available", [0, 1000])
def test_who_starts_without_credits_is_told(invoke: Invoke, server: FakeServer, available: int) -> None:
    server.failures["GET /wallet"] = [httpx.Response(200, json={"available": available, "held": 0})]
    typed = [EMAIL, MAIL_CODE, PASSWORD, PASSWORD, TOTP_CODE, "0000"]
    result = invoke("signup", typed="\n".join(typed) + "\n", person=True, random=ZEROS)
    assert result.exit_code == 0, result.output
    assert ("starts without credits" in result.stdout) is (available == 0)


def test_a_server_that_does_not_tell_the_credits_spoils_no_sign_up(invoke: Invoke, server: FakeServer) -> None:
    server.failures["GET /wallet"] = [problem("internal", 500)]
    typed = [EMAIL, MAIL_CODE, PASSWORD, PASSWORD, TOTP_CODE, "0000"]
    result = invoke("signup", typed="\n".join(typed) + "\n", person=True, random=ZEROS)
    assert (result.exit_code, "without credits" in result.stdout) == (0, False)


def test_a_person_signs_up_and_must_have_written_the_key_down(invoke: Invoke) -> None:
    typed = [EMAIL, "000000", MAIL_CODE, "password", PASSWORD, "not the same", PASSWORD, PASSWORD]
    typed += ["000000", TOTP_CODE, "nope", "oooo"]
    result = invoke("signup", typed="\n".join(typed) + "\n", person=True, random=ZEROS)
    assert result.exit_code == 0, result.output
    assert "█" in result.stdout
    assert "JBSWY3DPEHPK3PXP" in result.stdout
    assert ZERO_KEY in result.stdout
    assert "code-9" in result.stdout
    assert result.stdout.count("That is not group") == 1
    assert f"signed in as {EMAIL}" in result.stdout
    for complaint in ("first that anybody would try", "not the same", "It is wrong_code."):
        assert complaint in result.stderr


def test_a_person_who_leaves_before_the_key_is_confirmed_is_not_told_that_all_is_done(invoke: Invoke) -> None:
    typed = [EMAIL, MAIL_CODE, PASSWORD, PASSWORD, TOTP_CODE, "nope"]
    result = invoke("signup", typed="\n".join(typed) + "\n", person=True, random=ZEROS)
    assert result.exit_code == 1
    assert "Done" not in result.stdout


def test_a_person_signs_in_after_mistyping(client: Client, invoke: Invoke) -> None:
    client.logout()
    typed = f"{EMAIL}\nwrong password\n{PASSWORD}\n000000\n{TOTP_CODE}\n"
    result = invoke("login", typed=typed, person=True)
    assert result.exit_code == 0, result.output
    assert f"Signed in as {EMAIL}." in result.stdout
    assert PASSWORD not in result.output


def test_a_script_with_a_wrong_code_gets_the_error(client: Client, invoke: Invoke) -> None:
    client.logout()
    result = invoke(
        "--json", "login", "--email", EMAIL, "--password-stdin", "--totp-code", "000000", typed=f"{PASSWORD}\n"
    )
    assert result.exit_code == 1
    assert error_of(result) == {"code": "wrong_code", "message": "It is wrong_code.", "next_step": "Do this."}


def test_too_many_tries_are_told_with_the_wait(client: Client, invoke: Invoke, server: FakeServer) -> None:
    client.logout()
    for seconds, told in (
        (40, "Wait 40 s."),
        (1260, "Wait 21 minutes."),
        (1261, "Wait 22 minutes."),
        (80_000, "Wait 23 hours."),
    ):
        server.failures["POST /auth/login"] = [problem("too_many_tries", 429, retry_after=seconds)]
        result = invoke("login", "--email", EMAIL, typed=f"{PASSWORD}\n")
        assert result.exit_code == 1
        assert told in result.stderr


@pytest.mark.parametrize("typed", ["", f"{MAIL_CODE}\n"])
def test_a_script_that_ends_too_early_is_told_what_is_missing(invoke: Invoke, typed: str) -> None:
    result = invoke("--json", "signup", "--email", EMAIL, typed=typed)
    assert result.exit_code == 1
    assert error_of(result)["code"] == "input_missing"


def test_input_that_is_no_text_is_refused(invoke: Invoke) -> None:
    result = invoke("--json", "signup", "--email", EMAIL, typed=b"\xff\xfe\n")
    assert result.exit_code == 1
    assert error_of(result)["code"] == "not_text"


@pytest.mark.usefixtures("client")
def test_history_lists_chats_and_reads_one(invoke: Invoke, server: FakeServer) -> None:
    assert "No chats yet" in invoke("history").stdout
    invoke("chat", "Hello")
    chat = server.asks[0]["chat_id"]
    assert f"{chat}  1970-01-01" in invoke("chats").stdout
    assert "A greeting" in invoke("history").stdout
    shown = invoke("history", chat).stdout
    assert "You: Hello" in shown
    assert "Sophia (3 credits): Hello, you." in shown
    (turn,) = lines(invoke("--json", "history", chat).stdout)
    assert (turn["type"], turn["text"], turn["answer"]) == ("turn", "Hello", "Hello, you.")


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(("finish", "mark"), [("stopped", "[stopped]"), ("length", "[cut: ")])
def test_history_marks_an_answer_that_was_cut(invoke: Invoke, server: FakeServer, finish: str, mark: str) -> None:
    def cut(socket: FakeSocket, turn: FakeTurn) -> None:
        whole = [event for event in turn.whole() if event["type"] not in ("answer_finished", "suggestions_made")]
        server.play(socket, turn, [*whole, turn.finished(finish=finish)])

    server.on_ask = cut
    invoke("chat", "Hello")
    assert f"Hello, you. {mark}" in invoke("history", server.asks[0]["chat_id"]).stdout


@pytest.mark.usefixtures("client")
def test_history_tells_how_unanswered_turns_ended(invoke: Invoke, server: FakeServer) -> None:
    invoke("chat", "Hello")
    chat = server.asks[0]["chat_id"]
    row = server.turns[chat][0]
    for name in ("answer", "suggestions"):
        del row[name]
    codes = {"refused": "harm_refused", "stopped": "turn_stopped"}
    for outcome, words in {
        "asked": "no answer yet",
        "refused": "refused, nothing charged: harm_refused",
        "failed": "failed",
        "stopped": "(stopped before there was an answer, nothing charged)",
        "withheld": "the answer was taken back by the server",
    }.items():
        row |= {"outcome": outcome, "code": codes.get(outcome)}
        assert words in invoke("history", chat).stdout
    del row["message"]
    row |= {"outcome": "deleted", "code": None}
    result = invoke("history", chat)
    assert result.exit_code == 0
    assert "You: [deleted]" in result.stdout


@pytest.mark.usefixtures("client")
def test_history_that_was_tampered_with_is_shown_and_is_an_alarm(invoke: Invoke, server: FakeServer) -> None:
    invoke("chat", typed="Hello\nAnd?\n")
    chat = server.asks[0]["chat_id"]
    del server.turns[chat][0]["answer"]
    result = invoke("history", chat)
    assert result.exit_code == 1
    assert "You: Hello" in result.stdout
    assert "[this turn can't be trusted: message: chain_broken]" in result.stdout
    assert "can't be trusted" in result.stderr


@pytest.mark.usefixtures("client")
def test_an_unknown_chat_is_an_error_with_a_next_step(invoke: Invoke) -> None:
    result = invoke("--json", "history", "0190")
    assert result.exit_code == 1
    assert error_of(result)["code"] == "chat_not_found"
    told = invoke("history", "0190").stderr
    assert "`sealmate history` lists your chats; `sealmate chat --new`" in told


@pytest.mark.usefixtures("client")
def test_whoami_and_logout(invoke: Invoke, tmp_path: Path) -> None:
    assert "100 available, 0 set aside" in invoke("whoami").stdout
    assert invoke("logout").exit_code == 0
    assert ProfileFile(tmp_path / "first").load().identity is None
    result = invoke("whoami")
    assert result.exit_code == 1
    assert "sealmate login" in result.stderr
