"""REST: how far an erasure is, its receipt, and whether a receipt is ours. Nobody is signed in here: the account is gone."""

from __future__ import annotations

from sealmate import entry, wiring
from sealmate.accounts import answers, requests

app = entry.HttpApp("http_erasures")
handle = app


@app.serve("GET", "/erasures/{erasure_id}")
def show_erasure(erasure_id: str) -> answers.ErasureAnswer:
    return wiring.receipts().show(erasure_id)


@app.serve("POST", "/receipts/verify")
def verify_receipt() -> answers.ReceiptVerified:
    return wiring.receipts().verify(app.body(requests.VerifyReceipt))
