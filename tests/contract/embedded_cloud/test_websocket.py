"""The WebSocket data plane, driven by a real client through the front."""

import json
import socket
import struct
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def ask(client: Any, message: str | bytes) -> Any:
    client.send(message)
    return json.loads(client.recv(10))


def identify(client: Any) -> str:
    return str(ask(client, "who am I")["event"]["requestContext"]["connectionId"])


def farewell(probe: Any, connection_id: str) -> dict[str, Any]:
    """What the $disconnect function was told."""
    table, key = probe.client("dynamodb"), {"pk": {"S": f"gone#{connection_id}"}}
    for _ in range(100):
        if item := table.get_item(TableName=probe.outputs["Table"], Key=key).get("Item"):
            return {"code": int(item["code"]["N"]), "reason": item["reason"]["S"]}
        time.sleep(0.05)
    raise AssertionError("$disconnect was not called")


def test_the_subprotocol_that_connect_returns_is_answered(probe: Any) -> None:
    with probe.connect(subprotocols=["sealmate.v1", "ticket.abc"]) as client:
        assert client.subprotocol == "sealmate.v1"


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("?status=401", 401, "Unauthorized"),
        ("?status=403", 403, "Forbidden"),
        ("?status=500", 500, "Internal server error"),
        ("?boom=1", 502, "Internal server error"),
    ],
)
def test_a_refused_connection_keeps_its_status_and_no_reason(probe: Any, query: str, status: int, message: str) -> None:
    with pytest.raises(InvalidStatus) as refused, probe.connect(query):
        pass
    assert refused.value.response.status_code == status
    told = json.loads(bytes(refused.value.response.body or b""))
    assert told["message"] == message
    assert set(told) == {"message", "connectionId", "requestId"}


def test_an_unknown_stage_is_refused(probe: Any) -> None:
    address = f"{probe.cloud.settings.endpoint}/_aws/execute-api/{probe.outputs['Socket']}/other"
    with pytest.raises(InvalidStatus) as refused, connect(address.replace("http", "ws")):
        pass
    assert refused.value.response.status_code == 403


def test_an_action_finds_its_route_and_everything_else_the_default(probe: Any) -> None:
    with probe.connect() as client:
        assert ask(client, '{"action": "ask"}')["route"] == "ask"
        for other in ('{"action": "$connect"}', '{"action": "$disconnect"}', '{"action": "x"}', "not json", "[]"):
            assert ask(client, other)["route"] == "$default"


def test_a_binary_frame_arrives_as_base64(probe: Any) -> None:
    with probe.connect() as client:
        event = ask(client, b"\x00\xff")["event"]
    assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)


def test_the_error_of_a_route_stays_inside(probe: Any) -> None:
    with probe.connect() as client:
        told = ask(client, '{"action": "ask", "do": "fail"}')
    assert told["message"] == "Internal server error"
    assert set(told) == {"message", "connectionId", "requestId"}


def test_a_returned_body_is_not_sent_without_a_route_response(probe: Any) -> None:
    with probe.connect() as client:
        client.send('{"action": "ask", "do": "silent"}')
        with pytest.raises(TimeoutError):
            client.recv(0.5)


def test_frames_of_one_socket_are_handled_at_the_same_time(probe: Any) -> None:
    with probe.connect() as client:
        for _ in range(4):
            client.send('{"action": "ask", "do": "sleep", "seconds": 0.5}')
        workers = {json.loads(client.recv(10))["pid"] for _ in range(4)}
    assert len(workers) == 4


def test_a_routes_log_is_kept(probe: Any) -> None:
    with probe.connect() as client:
        request_id = ask(client, '{"action": "ask"}')["request_id"]
    group = f"/aws/lambda/{probe.outputs['Probe']}"
    found: list[Any] = []
    for _ in range(40):  # the answer is posted before the function returns
        found = probe.client("logs").filter_log_events(logGroupName=group, filterPattern=f'"{request_id}"')["events"]
        if found:
            break
        time.sleep(0.05)
    assert found


def test_a_connection_can_be_looked_at_posted_to_and_closed(probe: Any, refusal: Any) -> None:
    gateway = probe.connections()
    with probe.connect(user_agent_header="probe") as client:
        connection = identify(client)
        assert gateway.get_connection(ConnectionId=connection)["Identity"]["UserAgent"] == "probe"
        gateway.post_to_connection(ConnectionId=connection, Data=b"hello")
        assert client.recv(5) == "hello"
        too_much = refusal(gateway.post_to_connection, ConnectionId=connection, Data=b"x" * (128 * 1024 + 1))
        assert too_much[1] == 413
        assert refusal(probe.connections("other").post_to_connection, ConnectionId=connection, Data=b"x")[1] == 410
        gateway.delete_connection(ConnectionId=connection)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    assert refusal(gateway.post_to_connection, ConnectionId=connection, Data=b"x") == ("GoneException", 410)
    assert farewell(probe, connection)["code"] == 1000


def test_disconnect_is_told_the_clients_close_code(probe: Any) -> None:
    with probe.connect() as client:
        connection = identify(client)
        client.close(4001, "bye")
    assert farewell(probe, connection) == {"code": 4001, "reason": "bye"}


def test_disconnect_is_told_of_an_aborted_connection(probe: Any) -> None:
    with probe.connect() as client:
        connection = identify(client)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close_socket()
    assert farewell(probe, connection)["code"] == 1006


@pytest.mark.parametrize("message", ["x" * (128 * 1024 + 1), "ü" * (64 * 1024 + 1), b"x" * (2 * 1024 * 1024)])
def test_too_big_a_message_closes_the_connection(probe: Any, message: str | bytes) -> None:
    with probe.connect() as client:
        client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_text_that_is_not_utf8_closes_the_connection(probe: Any) -> None:
    with probe.connect() as client:
        client.socket.sendall(b"\x81\x82\x00\x00\x00\x00\xff\xfe")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
