"""REST: a message that is too long for a WebSocket's frame; its events come over the WebSockets that show its chat."""

from sealmate import entry, wiring
from sealmate.turns.ports import Caller
from sealmate.turns.replies import TurnBegun
from sealmate.turns.requests import Ask
from sealmate.turns.start import announce

# The longest message, history and record, in UTF-8 and base64url.
_MAX_ASK = 512 * 1024

app = entry.HttpApp("http_turns")
handle = app


@app.serve("POST", "/turns", status=202)
def ask_over_http() -> TurnBegun:
    session = wiring.sessions().authenticate(app.current_request)
    ask = app.body(Ask, limit=_MAX_ASK)
    caller = Caller(connection_id="", account_id=session.account_id, session_id=session.session_id)
    turn = wiring.start()(caller, ask)
    if turn is not None:
        announce(turn, wiring.audience_of(turn))
    return TurnBegun(turn_id=ask.turn_id, begun=turn is not None)
