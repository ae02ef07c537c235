"""REST: what an account has, holds and has spent."""

import re

from sealmate import entry, errors, wiring

_PAGE = 50
_CURSOR = re.compile(r"[0-9]{20}#[0-9a-f-]{36}")

app = entry.HttpApp("http_billing")
handle = app


@app.serve("GET", "/wallet")
def get_wallet() -> dict[str, int]:
    session = wiring.sessions().authenticate(app.current_request)
    wallet = wiring.wallets().wallet(session.account_id)
    return {"available": wallet.available, "held": wallet.held}


@app.serve("GET", "/wallet/ledger")
def get_ledger() -> dict[str, object]:
    session = wiring.sessions().authenticate(app.current_request)
    cursor = app.query("cursor")
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise errors.InvalidRequest(field="cursor")
    rows, cursor = wiring.wallets().ledger(session.account_id, cursor=cursor, limit=_PAGE)
    page: dict[str, object] = {"rows": [{k: v for k, v in vars(row).items() if v is not None} for row in rows]}
    return page if cursor is None else {**page, "cursor": cursor}
