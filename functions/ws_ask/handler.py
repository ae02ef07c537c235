"""WebSocket route ask: stores a message and starts the turn that answers it."""

from sealmate import entry, wiring
from sealmate.events import TurnAccepted
from sealmate.turns.requests import Ask
from sealmate.turns.start import announce


@entry.websocket_action("ws_ask", Ask)
def handle(frame: entry.Frame, ask: Ask) -> None:
    caller = wiring.connections().caller(frame.connection_id)
    turn = wiring.start()(caller, ask)
    if turn is None:
        for event in wiring.resume()(caller, ask.turn_id):
            wiring.push().send(frame.connection_id, event)
        return
    try:
        wiring.push().send(frame.connection_id, TurnAccepted(turn_id=ask.turn_id, chat_id=ask.chat_id))
    finally:
        announce(turn, wiring.audience_of(turn))
