"""WebSocket route $default: whatever names no action we know."""

from sealmate import entry, errors
from sealmate.model import Nothing


@entry.websocket_action("ws_default", Nothing)
def handle(_frame: entry.Frame, _request: Nothing) -> None:
    raise errors.UnknownAction()
