"""WebSocket route $connect: lets a ticket's holder in."""

from collections.abc import Mapping
from typing import Any

from sealmate import entry, wiring


@entry.websocket_connect("ws_connect")
def handle(event: Mapping[str, Any]) -> dict[str, Any]:
    protocol = wiring.connect()(event["requestContext"]["connectionId"], event.get("headers") or {})
    return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": protocol}}
