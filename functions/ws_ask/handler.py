"""WebSocket route ask: stores a message and starts the turn that answers it."""

from sealmate import entry, wiring
from sealmate.events import TurnAccepted
from sealmate.turns.requests import Ask


@entry.websocket_action("ws_ask", Ask)
def handle(frame: entry.Frame, ask: Ask) -> None:
    caller = wiring.connections().caller(frame.connection_id)
    if wiring.start()(caller, ask):
        wiring.push().send(frame.connection_id, TurnAccepted(turn_id=ask.turn_id, chat_id=ask.chat_id))
        return
    for event in wiring.resume()(caller, ask.turn_id):
        wiring.push().send(frame.connection_id, event)
