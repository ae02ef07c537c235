"""Links between epochs, and the account manifest, as rows hold them."""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.condition import Condition

from sealmate.accounts.records import FormerMethod, Link, Manifest, Statement
from sealmate.adapters.dynamodb.account_items import AccountItem, LinkItem
from sealmate.model import from_base64url, to_base64url


def link_key(epoch: int) -> str:
    """Sorts by the epoch that a link leads to."""
    return f"LINK#{epoch:010d}"


def links_of(account_id: str) -> list[Link]:
    found = LinkItem.query(account_id, LinkItem.sk.startswith("LINK#"), consistent_read=True)
    return [link_of(item) for item in found]


def link_item(account_id: str, link: Link) -> LinkItem:
    statement = link.statement
    return LinkItem(
        account_id,
        link_key(statement.epoch),
        epoch=statement.epoch,
        commitment=statement.commitment,
        previous=statement.previous,
        signature=statement.signature,
        forward=link.forward,
        device=link.device,
        former={each.method_id: [to_base64url(each.master), to_base64url(each.public)] for each in link.former},
        made_at=link.made_at,
        ttl=link.expires_at,
    )


def link_of(item: LinkItem) -> Link:
    statement = Statement(
        epoch=int(item.epoch), commitment=item.commitment, previous=item.previous, signature=item.signature
    )
    return Link(
        statement=statement,
        forward=item.forward,
        device=item.device,
        made_at=int(item.made_at),
        expires_at=int(item.ttl),
        former=tuple(
            FormerMethod(method_id=method_id, master=from_base64url(master), public=from_base64url(public))
            for method_id, (master, public) in (item.former or {}).items()
        ),
        acknowledged=frozenset(item.acknowledged or ()),
    )


def signed_as(sequence: int | None) -> Condition:
    """The account's manifest is still this one, or there is none."""
    if sequence is None:
        unsigned: Condition = AccountItem.manifest_sequence.does_not_exist()
        return unsigned
    same: Condition = AccountItem.manifest_sequence == sequence
    return same


def manifest_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "sequence": manifest.sequence,
        "epoch": manifest.epoch,
        "previous": to_base64url(manifest.previous),
        "methods": [[method_id, to_base64url(hashed)] for method_id, hashed in manifest.methods],
        "signature": to_base64url(manifest.signature),
    }


def manifest_of(kept: dict[str, Any] | None) -> Manifest | None:
    if kept is None:
        return None
    return Manifest(
        sequence=kept["sequence"],
        epoch=kept["epoch"],
        previous=from_base64url(kept["previous"]),
        methods=tuple((method_id, from_base64url(hashed)) for method_id, hashed in kept["methods"]),
        signature=from_base64url(kept["signature"]),
    )
