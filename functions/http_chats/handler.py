"""REST: the chats of an account and their sealed records; the mates one may ask."""

from pydantic import TypeAdapter, ValidationError

from sealmate import entry, errors, wiring
from sealmate.mates.replies import MatesReply
from sealmate.model import TurnId, Uuid
from sealmate.turns.replies import ChatReply, ChatsReply, TurnReply, TurnsReply

# Full turns of 250 KB: a page of them must stay below the 6 MB of a reply.
_PAGE = 20
_UUID: TypeAdapter[str] = TypeAdapter(Uuid)
_TURN_ID: TypeAdapter[str] = TypeAdapter(TurnId)

app = entry.HttpApp("http_chats")
handle = app


@app.serve("GET", "/chats")
def list_chats() -> ChatsReply:
    session = wiring.sessions().authenticate(app.current_request)
    chats, cursor = wiring.chats().chats(session.account_id, cursor=app.query("cursor"), limit=_PAGE)
    return ChatsReply(chats=[ChatReply.of(chat) for chat in chats], cursor=cursor)


@app.serve("GET", "/chats/{chat_id}")
def get_chat(chat_id: str) -> ChatReply:
    session = wiring.sessions().authenticate(app.current_request)
    return ChatReply.of(wiring.chats().chat(session.account_id, _id(_UUID, chat_id, errors.ChatNotFound())))


@app.serve("GET", "/chats/{chat_id}/turns")
def list_turns(chat_id: str) -> TurnsReply:
    session = wiring.sessions().authenticate(app.current_request)
    chat = wiring.chats().chat(session.account_id, _id(_UUID, chat_id, errors.ChatNotFound()))
    after = app.query("after")
    if after is not None:
        after = _id(_TURN_ID, after, errors.InvalidRequest(field="after"))
    records, cursor = wiring.chats().records(session.account_id, chat.chat_id, after=after, limit=_PAGE)
    return TurnsReply(turns=[TurnReply.of(record) for record in records], cursor=cursor)


@app.serve("GET", "/mates")
def list_mates() -> MatesReply:
    wiring.sessions().authenticate(app.current_request)
    return MatesReply.of_all()


def _id(kind: TypeAdapter[str], text: str, otherwise: errors.SealmateError) -> str:
    try:
        return kind.validate_python(text)
    except ValidationError:
        raise otherwise from None
