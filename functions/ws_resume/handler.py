"""WebSocket route resume: a connection comes back to a turn and gets what it missed."""

from sealmate import entry, wiring
from sealmate.turns import requests


@entry.websocket_action("ws_resume", requests.Resume)
def handle(frame: entry.Frame, resume: requests.Resume) -> None:
    caller = wiring.connections().caller(frame.connection_id)
    for event in wiring.resume()(caller, resume.turn_id):
        wiring.push().send(frame.connection_id, event)
