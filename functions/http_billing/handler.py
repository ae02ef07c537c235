"""REST: what an account has, holds and has spent."""

import re

from sealmate import entry, errors, wiring
from sealmate.billing.replies import LedgerReply, LedgerRowReply, WalletReply

_PAGE = 50
_CURSOR = re.compile(r"[0-9]{20}#[0-9a-f-]{36}")

app = entry.HttpApp("http_billing")
handle = app


@app.serve("GET", "/wallet")
def get_wallet() -> WalletReply:
    session = wiring.sessions().authenticate(app.current_request)
    return WalletReply.of(wiring.wallets().wallet(session.account_id))


@app.serve("GET", "/wallet/ledger")
def get_ledger() -> LedgerReply:
    session = wiring.sessions().authenticate(app.current_request)
    cursor = app.query("cursor")
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise errors.InvalidRequest(field="cursor")
    rows, cursor = wiring.wallets().ledger(session.account_id, cursor=cursor, limit=_PAGE)
    return LedgerReply(rows=[LedgerRowReply.of(row) for row in rows], cursor=cursor)
