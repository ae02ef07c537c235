"""WebSocket route $disconnect: forgets a connection."""

from sealmate import entry, wiring


@entry.websocket_disconnect("ws_disconnect")
def handle(connection_id: str) -> None:
    wiring.connections().remove(connection_id)
