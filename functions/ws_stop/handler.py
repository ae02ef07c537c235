"""WebSocket route stop: asks the function that streams an answer to end it."""

from sealmate import entry, wiring
from sealmate.turns import requests


@entry.websocket_action("ws_stop", requests.Stop)
def handle(frame: entry.Frame, stop: requests.Stop) -> None:
    wiring.stop()(wiring.connections().caller(frame.connection_id), stop.turn_id)
