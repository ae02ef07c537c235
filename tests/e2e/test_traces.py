"""The canary: of what people say and of what opens their accounts, nothing is kept that could be read; and the search would find it."""

import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest

from sealmate_cli.reading import current_key
from tests.e2e import traces
from tests.e2e.conftest import PROVIDER_KEY
from tests.e2e.hearing import Heard, ask
from tests.e2e.person import Person
from tests.e2e.playbook import Playbook
from tests.e2e.stack import Stack, wait_until
from tests.scripted_model.scripts import READING, REVIEW, Stream, Structured


def _canary(kind: str) -> str:
    """A sentence nobody else says, with what changes its form on the way: quotes, an umlaut, an emoji."""
    return f'My "{kind}" sings {secrets.token_hex(8)} über 🐦 {secrets.token_hex(8)}'


QUESTION, ANSWER, TITLE, FOLLOW_UP, HISTORY = map(_canary, ("wren", "thrush", "finch", "heron", "stork"))


def _script(playbook: Playbook, question: str) -> None:
    parts = re.findall(r".{1,4}", ANSWER)
    scripts = playbook.on(question)
    scripts.add(Structured(content={**READING, "title": TITLE}), to="Reading")
    scripts.add(Stream(deltas=(*parts, *(" on" for _ in range(60))), delay=0.05), to="stream")
    scripts.add(Structured(content={**REVIEW, "suggestions": [FOLLOW_UP] * 6}), to="Review")


def _secrets_of(person: Person) -> list[traces.Secret]:
    session = person.laptop.identity().session
    return [
        traces.words("question", QUESTION),
        traces.words("answer", ANSWER),
        traces.words("title", TITLE),
        traces.words("follow-up", FOLLOW_UP),
        traces.words("e-mail", person.email),
        traces.words("password", person.password),
        traces.words("provider key", PROVIDER_KEY),
        traces.words("recovery key", person.recovery_key),
        traces.words("session token", session.token),
        traces.words("session secret", session.token.rpartition(".")[2]),
        traces.words("TOTP secret", person.totp_secret),
        traces.key("TOTP seed", base64.b32decode(person.totp_secret)),
        traces.key("master key", person.laptop.identity().master_key),
        *(traces.words(f"backup code {n}", code) for n, code in enumerate(person.backup_codes)),
        *(traces.words(f"bare backup code {n}", re.sub(r"\W", "", code)) for n, code in enumerate(person.backup_codes)),
    ]


def _chat_secrets(person: Person, chat: str) -> list[traces.Secret]:
    key = current_key(person.laptop.chat_keys(chat))
    return [traces.key("chat key", key.key), traces.key("cache key", key.cache_key)]


def test_neither_in_flight_nor_after_is_anything_kept_that_could_be_read(
    stack: Stack, newcomer: Callable[[], Person], playbook: Playbook
) -> None:
    person = newcomer()
    _script(playbook, QUESTION)
    secrets_ = _secrets_of(person)
    found_in_flight: list[str] = []
    in_flight: set[str] = set()

    def look(event: Any) -> None:
        if event.type == "answer_extended" and ANSWER in heard.text and not in_flight:
            in_flight.update(row["sk"]["S"] for row in stack.rows("TurnsTable") if event.turn_id in row["pk"]["S"])
            found_in_flight.extend(traces.find(stack, secrets_))

    heard = Heard()

    def note(event: Any) -> None:
        heard.events.append(event)
        look(event)

    first = ask(person.laptop, QUESTION, on=note)
    assert in_flight >= {"MESSAGE", "STREAM"}, "the turn was in flight when we looked"
    assert found_in_flight == []

    assert first.one("answer_finished").text.startswith(ANSWER), "the canaries were really said"
    assert first.one("suggestions_made").suggestions == [FOLLOW_UP], "the model said it six times"
    wait_until(lambda: not _message_rows(stack, first.turn), "the turn has been forgotten")
    time.sleep(1.5)  # so that the cloud's own files, which follow within the second, hold the end too
    assert traces.find(stack, [*secrets_, *_chat_secrets(person, first.chat)]) == []
    (read,) = person.device().turns(first.chat)
    assert (read.text, read.suggestions) == (QUESTION, [FOLLOW_UP])


def test_a_history_that_is_sent_along_is_not_kept_either(
    stack: Stack, newcomer: Callable[[], Person], playbook: Playbook
) -> None:
    person = newcomer()
    playbook.on(HISTORY).add(Stream(deltas=(f"{ANSWER} again",)), to="stream")
    first = ask(person.laptop, HISTORY)
    second = ask(person.device(), "And then, my dear?", chat=first.chat)
    assert second.one("answer_finished").finish == "complete"
    wait_until(lambda: not _message_rows(stack, second.turn), "the turn has been forgotten")
    told = [traces.words("history", HISTORY), traces.words("answer in history", f"{ANSWER} again")]
    assert traces.find(stack, told) == []


def test_the_codes_of_signing_up_are_not_kept(stack: Stack, newcomer: Callable[[], Person]) -> None:
    person = newcomer()
    alone = re.compile(rb"(?<![0-9A-Za-z.])" + person.mailed_code.encode() + rb"(?![0-9A-Za-z])")
    assert [place for place, content in traces.kept(stack) if alone.search(content)] == []


def test_tickets_are_not_kept(stack: Stack, person: Person) -> None:
    ticket = person.laptop.ticket()
    assert traces.find(stack, [traces.words("ticket", ticket)]) == []


SECRET = _canary("planted bird")


@contextmanager
def _row(stack: Stack, content: bytes) -> Iterator[None]:
    database, key = stack.client("dynamodb"), {"pk": {"S": "planted"}, "sk": {"S": "planted"}}
    database.put_item(TableName=stack.outputs["TurnsTable"], Item={**key, "x": {"M": {"y": {"B": content}}}})
    yield
    database.delete_item(TableName=stack.outputs["TurnsTable"], Key=key)


@contextmanager
def _object(stack: Stack, content: bytes) -> Iterator[None]:
    objects = stack.client("s3")
    where = {"Bucket": objects.list_buckets()["Buckets"][0]["Name"], "Key": "planted"}
    objects.put_object(**where, Body=content)
    yield
    objects.delete_object(**where)


@contextmanager
def _queued(stack: Stack, content: bytes) -> Iterator[None]:
    queues = stack.client("sqs")
    url = queues.list_queues()["QueueUrls"][0]
    queues.send_message(QueueUrl=url, MessageBody=content.decode("latin-1"))
    yield
    wait_until(lambda: _unqueued(queues, url), "the planted message is gone")


def _unqueued(queues: Any, url: str) -> bool:
    for message in queues.receive_message(QueueUrl=url).get("Messages", []):
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True
    return False


@contextmanager
def _logged(stack: Stack, content: bytes) -> Iterator[None]:
    logs = stack.client("logs")
    logs.create_log_group(logGroupName="planted")
    logs.create_log_stream(logGroupName="planted", logStreamName="planted")
    event = {"timestamp": int(time.time() * 1000), "message": content.decode("latin-1")}
    logs.put_log_events(logGroupName="planted", logStreamName="planted", logEvents=[event])
    yield
    logs.delete_log_group(logGroupName="planted")


@contextmanager
def _file(stack: Stack, content: bytes) -> Iterator[None]:
    path = stack.place.state / "cloud" / "run" / "planted"
    path.write_bytes(b"before" + content)
    yield
    path.unlink()


@contextmanager
def _executed(stack: Stack, content: bytes) -> Iterator[None]:
    """An execution keeps what it was given."""
    payload = json.dumps({"planted": content.decode("latin-1")}, ensure_ascii=False)
    states = stack.client("stepfunctions")
    role = states.describe_state_machine(stateMachineArn=stack.outputs["AnswerTurn"])["roleArn"]
    machine = states.create_state_machine(
        name="planted",
        definition=json.dumps({"StartAt": "Stay", "States": {"Stay": {"Type": "Pass", "End": True}}}),
        roleArn=role,
    )["stateMachineArn"]
    states.start_execution(stateMachineArn=machine, name="planted", input=payload)
    yield
    states.delete_state_machine(stateMachineArn=machine)


@pytest.mark.parametrize("plant", [_row, _object, _queued, _logged, _file, _executed])
def test_a_planted_copy_is_found(stack: Stack, plant: Callable[[Stack, bytes], Any]) -> None:
    secret = traces.words("canary", SECRET)
    with plant(stack, base64.b64encode(b"x" + SECRET.encode())):
        assert traces.find(stack, [secret])
    wait_until(lambda: not traces.find(stack, [secret]), "the planted copy is gone")


@pytest.mark.parametrize("spell", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, bytes, bytes.hex])
def test_a_copy_is_found_in_any_form(encode: Callable[[bytes], bytes | str], spell: str) -> None:
    planted, other = traces.words("canary", SECRET), traces.words("canary", QUESTION)
    for before, after in product((b"", b"a", b"ab"), (b"", b"z", b"zz")):
        encoded = encode(before + SECRET.encode(spell) + after)
        content = encoded.encode() if isinstance(encoded, str) else encoded
        assert planted.is_in(content)
        assert not other.is_in(content)


@pytest.mark.parametrize("nested", [1, 2])
def test_a_copy_in_json_is_found(nested: int) -> None:
    content: object = {"text": SECRET}
    for _ in range(nested):
        content = json.dumps(content)
    assert traces.words("canary", SECRET).is_in(str(content).encode())


def _message_rows(stack: Stack, turn: str) -> list[dict[str, Any]]:
    return [r for r in stack.rows("TurnsTable") if turn in r["pk"]["S"] and r["sk"]["S"] != "TURN"]
