"""REST: the chats of an account and their sealed records, as they are kept, changed, deleted and brought back; the mates one may ask."""

from pydantic import TypeAdapter, ValidationError

from sealmate import entry, errors, wiring
from sealmate.mates.replies import MatesReply
from sealmate.model import TurnId, Uuid
from sealmate.turns.ports import Chat
from sealmate.turns.replies import ChatImported, ChatReply, ChatsReply, TurnReply, TurnsReply
from sealmate.turns.requests import ImportChat, PutDetails

# Full turns of 270 KB: a page of them must stay below the 6 MB of a reply.
_PAGE = 20
# A part of an archive; room for twenty turns as long as Latin letters make them. A transaction takes 4 MB.
_MAX_IMPORT = 2 * 1024 * 1024
_UUID: TypeAdapter[str] = TypeAdapter(Uuid)
_TURN_ID: TypeAdapter[str] = TypeAdapter(TurnId)

app = entry.HttpApp("http_chats")
handle = app


@app.serve("GET", "/chats")
def list_chats() -> ChatsReply:
    chats, cursor = wiring.chats().chats(_account(), cursor=app.query("cursor"), limit=_PAGE)
    return ChatsReply(chats=[ChatReply.of(chat) for chat in chats], cursor=cursor)


@app.serve("GET", "/chats/{chat_id}")
def get_chat(chat_id: str) -> ChatReply:
    return ChatReply.of(_chat(_account(), chat_id))


@app.serve("DELETE", "/chats/{chat_id}")
def delete_chat(chat_id: str) -> None:
    wiring.changing().delete(_account(), _chat_id(chat_id))


@app.serve("PUT", "/chats/{chat_id}/details")
def put_details(chat_id: str) -> ChatReply:
    account_id = _account()
    return ChatReply.of(wiring.changing().put_details(account_id, _chat_id(chat_id), app.body(PutDetails)))


@app.serve("POST", "/chats/{chat_id}/import")
def import_chat(chat_id: str) -> ChatImported:
    account_id = _account()
    part = app.body(ImportChat, limit=_MAX_IMPORT)
    return ChatImported(imported=wiring.importing()(account_id, _chat_id(chat_id), part))


@app.serve("GET", "/chats/{chat_id}/turns")
def list_turns(chat_id: str) -> TurnsReply:
    account_id = _account()
    chat = _chat(account_id, chat_id)
    if chat.deleted:
        raise errors.ChatNotFound()
    after = app.query("after")
    if after is not None:
        after = _id(_TURN_ID, after, errors.InvalidRequest(field="after"))
    records, cursor = wiring.chats().records(account_id, chat.chat_id, after=after, limit=_PAGE)
    return TurnsReply(turns=[TurnReply.of(record) for record in records], cursor=cursor)


@app.serve("DELETE", "/chats/{chat_id}/turns/{turn_id}")
def delete_turn(chat_id: str, turn_id: str) -> None:
    account_id = _account()
    wiring.changing().delete_turn(account_id, _chat_id(chat_id), _id(_TURN_ID, turn_id, errors.TurnNotFound()))


@app.serve("GET", "/mates")
def list_mates() -> MatesReply:
    _account()
    return MatesReply.of_all()


def _account() -> str:
    return wiring.sessions().authenticate(app.current_request).account_id


def _chat(account_id: str, chat_id: str) -> Chat:
    return wiring.chats().chat(account_id, _chat_id(chat_id))


def _chat_id(text: str) -> str:
    return _id(_UUID, text, errors.ChatNotFound())


def _id(kind: TypeAdapter[str], text: str, otherwise: errors.SealmateError) -> str:
    try:
        return kind.validate_python(text)
    except ValidationError:
        raise otherwise from None
