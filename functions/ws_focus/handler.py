"""WebSocket route focus: which chat a connection shows, and its sign of life."""

from sealmate import entry, wiring
from sealmate.turns.requests import Focus


@entry.websocket_action("ws_focus", Focus)
def handle(frame: entry.Frame, focus: Focus) -> None:
    connections = wiring.connections()
    connections.focus(connections.caller(frame.connection_id), focus.chat_id)
