"""`sealmate chat`, as a person at a terminal and as a script meets it."""

import pytest

from tests.unit.cli.fake_server import (
    SUGGESTIONS,
    FakeServer,
    FakeSocket,
    FakeTurn,
    Json,
)
from tests.unit.cli.invoking import Invoke, error_of, lines


@pytest.mark.usefixtures("client")
def test_a_message_streams_with_stages_follow_ups_and_price(invoke: Invoke) -> None:
    result = invoke("chat", "Hello")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == ["Hello, you.", "3 credits spent, 97 left"]
    assert "  6  Six?" in result.stdout
    stages = [line.removeprefix("· ") for line in result.stderr.splitlines()]
    assert stages == [
        "connecting",
        "sending",
        "checking credits",
        "reading (5 credits set aside)",
        "Sophia answers (software; simple, small)",
        "answering",
        "thinking of follow-ups",
    ]


@pytest.mark.usefixtures("client")
def test_a_message_for_a_script_is_events(invoke: Invoke) -> None:
    result = invoke("--json", "chat", "Hello")
    assert result.exit_code == 0, result.output
    told = lines(result.stdout)
    assert told[0]["type"] == "message_sent"
    finished = next(each for each in told if each["type"] == "answer_finished")
    assert (finished["text"], finished["streamed"]) == ("Hello, you.", "equal")
    assert told[-1] == {
        "type": "suggestions_made",
        "turn_id": told[0]["turn_id"],
        "chat_id": told[0]["chat_id"],
        "suggestions": SUGGESTIONS,
    }


@pytest.mark.usefixtures("client")
def test_a_conversation_takes_numbers_and_begins_new_chats(invoke: Invoke, server: FakeServer) -> None:
    result = invoke("chat", typed="Hello\n\n2\n/new\n7\n")
    assert result.exit_code == 0, result.output
    assert [ask["message"] for ask in server.asks] == ["Hello", "Two?", "7"]
    chats = [ask["chat_id"] for ask in server.asks]
    assert chats[0] == chats[1] != chats[2]


@pytest.mark.usefixtures("client")
def test_a_number_without_its_follow_up_is_told_and_not_sent(invoke: Invoke, server: FakeServer) -> None:
    def stop(socket: FakeSocket, turn: FakeTurn) -> None:
        server.play(socket, turn, [turn.accepted(), turn.of("turn_stopped")], outcome="stopped")

    server.on_ask = stop
    result = invoke("chat", typed="Hello\n1\n6\n1.\n", person=True)
    assert result.exit_code == 0, result.output
    assert [ask["message"] for ask in server.asks] == ["Hello", "1."]
    for number in (1, 6):
        assert f"There is no follow-up {number} now; nothing was sent." in result.stderr
    assert "write it with a full stop: 1." in result.stderr
    script = invoke("--json", "chat", typed="2\nHello\n")
    assert (script.exit_code, error_of(script)["code"]) == (1, "no_follow_up")
    assert len(server.asks) == 2
    invoke("chat", "2")
    assert server.asks[-1]["message"] == "2"


@pytest.mark.usefixtures("client")
def test_a_chat_that_is_gone_is_told_with_what_to_type(invoke: Invoke, server: FakeServer) -> None:
    step = {"code": "chat_not_found", "message": "Gone.", "next_step": "Send its key.", "request_id": "r"}
    server.on_ask = lambda socket, turn: socket.tell(
        {"type": "request_refused", "turn_id": turn.ask["turn_id"], **step}
    )
    for words in (["chat", "Hello"], ["chat", "--chat", "0190", "Hello"]):
        result = invoke(*words)
        assert result.exit_code == 1
        assert "`sealmate history` lists your chats; `sealmate chat --new`" in result.stderr
        assert "key" not in result.stderr


@pytest.mark.usefixtures("client")
def test_the_last_chat_goes_on_unless_told_otherwise(invoke: Invoke, server: FakeServer) -> None:
    for words in (["Hello"], ["And?"], ["--new", "Other"], ["--mate", "sophia", "More"]):
        invoke("chat", *words)
    chats = [ask["chat_id"] for ask in server.asks]
    assert chats[0] == chats[1] != chats[2] == chats[3]
    invoke("chat", "--chat", chats[0], "Back")
    assert server.asks[-1]["chat_id"] == chats[0]
    assert [ask.get("mate") for ask in server.asks] == [None, None, None, "sophia", None]


@pytest.mark.usefixtures("client")
def test_a_chat_and_a_new_one_exclude_each_other(invoke: Invoke) -> None:
    assert invoke("chat", "--chat", "1", "--new", "Hello").exit_code == 2


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("kind", ["turn_failed", "turn_refused"])
def test_a_turn_without_an_answer_ends_the_script_with_its_reason(
    invoke: Invoke, server: FakeServer, kind: str
) -> None:
    def fail(socket: FakeSocket, turn: FakeTurn) -> None:
        extra = {"missing_credits": 4} if kind == "turn_failed" else {}
        told = turn.of(kind, code="why", message="No.", next_step="Do.", **extra)
        server.play(socket, turn, [turn.accepted(), told], outcome="failed")

    server.on_ask = fail
    result = invoke("--json", "chat", "Hello")
    assert result.exit_code == 1
    assert lines(result.stdout)[-1]["type"] == kind
    assert error_of(result)["code"] == "why"
    plain = invoke("chat", "Hello")
    assert "No.\nDo." in plain.stderr
    assert ("4 credits are missing." in plain.stderr) == (kind == "turn_failed")


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("code", "details", "told"),
    [
        ("too_many_tries", {"retry_after": 40}, "Wait 40 s."),
        ("insufficient_credits", {"missing_credits": 1}, "1 credit is missing."),
        ("insufficient_credits", {"missing_credits": 4}, "4 credits are missing."),
        ("unknown_mate", {}, "Do."),
    ],
)
def test_a_message_that_is_not_taken_says_what_is_missing(
    invoke: Invoke, server: FakeServer, code: str, details: dict[str, int], told: str
) -> None:
    refused = {"type": "request_refused", "code": code, "message": "No.", "next_step": "Do.", "request_id": "r"}
    server.on_ask = lambda socket, turn: socket.tell({**refused, **details, "turn_id": turn.ask["turn_id"]})
    plain = invoke("chat", "Hello")
    assert plain.exit_code == 1
    assert plain.stderr.splitlines()[-1] == told
    script = invoke("--json", "chat", "Hello")
    assert error_of(script) == {"code": code, "message": "No.", "next_step": "Do.", **details}
    assert lines(script.stdout)[-1].items() >= details.items()


@pytest.mark.usefixtures("client")
def test_a_refusal_that_passes_does_not_spoil_an_answer(invoke: Invoke, server: FakeServer) -> None:
    turns: list[FakeTurn] = []

    def falling(socket: FakeSocket, turn: FakeTurn) -> None:
        turns.append(turn)
        server.store(turn, turn.whole())
        socket.tell(turn.accepted())
        socket.fall()

    def resume(socket: FakeSocket, action: Json) -> None:
        refused = {"type": "request_refused", "code": "internal", "message": "No.", "next_step": "Do."}
        socket.tell({**refused, "turn_id": action["turn_id"]})
        socket.tell(turns[0].finished(), turns[0].charged(), turns[0].suggested())

    server.on_ask, server.on_resume = falling, resume
    result = invoke("chat", "Hello")
    assert result.exit_code == 0, result.output
    assert "Hello, you." in result.stdout


@pytest.mark.usefixtures("client")
def test_a_turn_that_is_gone_when_resumed_fails(invoke: Invoke, server: FakeServer) -> None:
    def falling(socket: FakeSocket, turn: FakeTurn) -> None:
        server.play(socket, turn, [turn.accepted()], outcome="asked")
        socket.fall()

    gone = {"type": "request_refused", "code": "turn_not_found", "message": "No.", "next_step": "Do."}
    server.on_ask = falling
    server.on_resume = lambda socket, action: socket.tell({**gone, "turn_id": action["turn_id"]})
    result = invoke("--json", "chat", "--new", "Hello")
    assert result.exit_code == 1
    assert error_of(result)["code"] == "turn_not_found"


@pytest.mark.usefixtures("client")
def test_a_lost_frame_is_no_alarm(invoke: Invoke, server: FakeServer) -> None:
    lost: list[Json] = []

    def losing(socket: FakeSocket, turn: FakeTurn) -> None:
        whole = turn.whole()
        server.store(turn, whole)
        lost.extend(event for event in whole if event["type"] == "answer_finished")
        socket.tell(*[event for event in whole if event not in lost])

    server.on_ask = losing
    server.on_resume = lambda socket, _: socket.tell(*lost)
    result = invoke("chat", "Hello")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == ["Hello, you.", "3 credits spent, 97 left"]
    assert "  6  Six?" in result.stdout


@pytest.mark.usefixtures("client")
def test_an_answer_taken_back_is_said_to_be(invoke: Invoke, server: FakeServer) -> None:
    def take_back(socket: FakeSocket, turn: FakeTurn) -> None:
        withheld = turn.of("answer_withheld", code="answer_withheld", message="It could hurt someone.")
        told = [event for event in turn.whole() if event["type"] not in ("turn_charged", "suggestions_made")]
        server.store(turn, told, outcome="withheld")
        socket.tell(*told, withheld, turn.charged())

    server.on_ask = take_back
    result = invoke("chat", "Hello")
    assert result.exit_code == 1
    assert "[The server took this answer back.]" in result.stdout
    assert "It could hurt someone." in result.stderr
    shown = invoke("history", server.asks[0]["chat_id"]).stdout
    assert "Hello, you." in shown
    assert "(the answer was taken back by the server)" in shown


@pytest.mark.usefixtures("client")
def test_an_answer_that_vanished_is_an_alarm(invoke: Invoke, server: FakeServer) -> None:
    invoke("chat", "Hello")
    chat = server.asks[0]["chat_id"]
    del server.turns[chat][0]["answer"]
    result = invoke("history", chat)
    assert result.exit_code == 1
    assert "[this turn can't be trusted: answer: answer_missing]" in result.stdout


@pytest.mark.usefixtures("client")
def test_another_mate_or_model_than_announced_is_told(invoke: Invoke, server: FakeServer) -> None:
    def promise(socket: FakeSocket, turn: FakeTurn) -> None:
        told = [{**event, "model": "larger"} if "model" in event else event for event in turn.whole()]
        server.play(socket, turn, told)

    notice = "Another was announced: this answer is sealed as sophia's, by small."
    assert notice not in invoke("chat", "Hello").stdout
    server.on_ask = promise
    assert notice in invoke("chat", "Hello").stdout


@pytest.mark.usefixtures("client")
def test_a_person_goes_on_after_a_refusal(invoke: Invoke, server: FakeServer) -> None:
    server.on_ask = lambda socket, turn: socket.tell(
        turn.accepted(), turn.of("turn_refused", code="harm_refused", message="No.", next_step="Do.")
    )
    result = invoke("chat", typed="One\nTwo\n", person=True)
    assert result.exit_code == 0, result.output
    assert [ask["message"] for ask in server.asks] == ["One", "Two"]


@pytest.mark.usefixtures("client")
def test_an_answer_that_differs_from_its_sealed_one_is_told_and_replaced(invoke: Invoke, server: FakeServer) -> None:
    def lie(socket: FakeSocket, turn: FakeTurn) -> None:
        events = turn.whole()
        server.store(turn, events)
        socket.tell(*[{**event, "delta": "Lies"} if event["type"] == "answer_extended" else event for event in events])

    server.on_ask = lie
    shown = invoke("chat", "Hello").stdout
    assert shown.index("Lies") < shown.index("is not the answer that is stored") < shown.index("Hello, you.")


@pytest.mark.usefixtures("client")
def test_an_answer_that_does_not_open_is_an_alarm(invoke: Invoke, server: FakeServer) -> None:
    def lie(socket: FakeSocket, turn: FakeTurn) -> None:
        turn.account = "another account"
        server.play(socket, turn, turn.whole())

    server.on_ask = lie
    result = invoke("--json", "chat", "Hello")
    assert result.exit_code == 1
    assert error_of(result)["code"] == "not_authentic"


@pytest.mark.usefixtures("client")
def test_an_answer_that_begins_again_is_shown_again(invoke: Invoke, server: FakeServer) -> None:
    def restart(socket: FakeSocket, turn: FakeTurn) -> None:
        whole = turn.whole()
        server.store(turn, whole)
        socket.tell(turn.accepted(), turn.started(), turn.extended(1, "Lost words"), turn.started(2))
        socket.tell(turn.extended(1, "Hello, you.", 2), *whole[-3:])

    server.on_ask = restart
    shown = invoke("chat", "Hello").stdout
    assert "Lost words\n[The answer begins again:]\nHello, you.\n" in shown


@pytest.mark.usefixtures("client")
def test_words_that_steer_a_terminal_are_defused(invoke: Invoke, server: FakeServer) -> None:
    def steer(socket: FakeSocket, turn: FakeTurn) -> None:
        turn.text = "a\x1b[2Jb\x9bc\u202ed\r\ne"
        server.play(socket, turn, turn.whole())

    server.on_ask = steer
    assert invoke("chat", "Hello").stdout.startswith("a[2Jbcd\ne\n")
