"""The rows of the accounts table, and tickets, which lie in the connections table.

| table | pk | sk | row |
|---|---|---|---|
| accounts | account | ACCOUNT | AccountItem |
| accounts | account | METHOD#method | MethodItem: a way in |
| accounts | STAND-IN | METHOD#method | MethodItem of nobody: read for an address without an account |
| accounts | account | BACKUP#hash | BackupItem: a backup code that wasn't used yet |
| accounts | account | SESSION#session | SessionItem |
| accounts | account | DEVICE#key | DeviceItem: a device that has signed in, for 400 days after the last time |
| accounts | account | NONCE#nonce | NonceItem: what a device's key has signed, for minutes |
| accounts | account | ROTATION | RotationItem: who turns the master key now, and what is staged beside the chats |
| accounts | account | LINK#epoch | LinkItem: leads from the epoch before, for 30 days |
| accounts | account | APP#name | AppItem: an app's key and its settings |
| accounts | account | PENDING#EMAIL | PendingEmailItem: a change of address, for minutes |
| accounts | account | PENDING#TOTP | PendingTotpItem: an authenticator that is being set up, for minutes |
| accounts | account | RESET | ResetItem: every way in is said to be lost, and the account may end in some days |
| accounts | EMAIL#keyed hash | EMAIL | EmailItem: whose address this is |
| accounts | GRANTED#keyed hash | GRANTED | GrantedItem: an account of this address was erased; for a year |
| accounts | SIGNUP#id | SIGNUP | SignUpItem, for minutes |
| accounts | LOGIN#id | LOGIN | LoginItem, for minutes |
| accounts | RESET#id | REQUEST | ResetRequestItem, for minutes |
| accounts | CHALLENGE#id | CHALLENGE | ChallengeItem, for minutes |
| accounts | PAIRING#id | PAIRING | PairingItem, for minutes |
| accounts | TRIES#what#whose | TRIES | TriesItem, until it is forgotten |
| accounts | ERASING | account | ErasureItem: an account that is gone, until nothing is left of it |
| accounts | ERASURE#id | RECEIPT | ReceiptItem: what was deleted, in numbers; for a month after the end |
| connections | TICKET#hash | TICKET | TicketItem, for seconds |

DynamoDB deletes rows some time after their `ttl`, so readers look at the time themselves.
"""

from __future__ import annotations

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from sealmate.adapters.dynamodb.table import Item

ERASING = "ERASING"


class Agenda(GlobalSecondaryIndex["AgendaItem"]):  # type: ignore[no-untyped-call]
    """What is to be done for an account without anyone asking, by kind and time. Sparse: it lists that and nothing else."""

    class Meta:
        index_name = "agenda"
        projection = KeysOnlyProjection()

    agenda = UnicodeAttribute(hash_key=True)
    agenda_at = NumberAttribute(range_key=True)


class AgendaItem(Item):
    class Meta:
        pass

    agenda = UnicodeAttribute(null=True)
    agenda_at = NumberAttribute(null=True)
    agenda_index = Agenda()


class AccountItem(AgendaItem):
    """`ways_in` counts the methods and the apps that were added since signing up: a rotation that hasn't seen one must not be finished.

    `agenda`: whether its key is to be marked as due or reminded of, counted from `agenda_at`; absent after the reminder.
    """

    class Meta:
        pass

    created_at = NumberAttribute()
    email_key = UnicodeAttribute()
    email_sealed = BinaryAttribute(legacy_encoding=False)
    totp_sealed = BinaryAttribute(legacy_encoding=False, null=True)
    totp_step = NumberAttribute()
    signing_public = BinaryAttribute(legacy_encoding=False)
    signing_private = BinaryAttribute(legacy_encoding=False)
    epoch = NumberAttribute()
    commitment = BinaryAttribute(legacy_encoding=False)
    previous = BinaryAttribute(legacy_encoding=False, null=True)
    signature = BinaryAttribute(legacy_encoding=False)
    manifest = JSONAttribute(null=True)
    manifest_sequence = NumberAttribute(null=True)
    rotated_at = NumberAttribute(null=True)
    ways_in = NumberAttribute(null=True)
    codes_made = NumberAttribute(null=True)


class RotationItem(Item):
    """`methods` is {method id: [master, public]}, `apps` {name: key}, all base64url."""

    class Meta:
        pass

    lease_id = UnicodeAttribute()
    epoch = NumberAttribute()
    session_id = UnicodeAttribute()
    expires_at = NumberAttribute()
    methods = JSONAttribute(null=True)
    apps = JSONAttribute(null=True)
    signing = BinaryAttribute(legacy_encoding=False, null=True)
    ttl = NumberAttribute()


class LinkItem(Item):
    """`acknowledged`: ids of sessions. `former` is {method id: [master, public]} of the epoch before, both base64url."""

    class Meta:
        pass

    epoch = NumberAttribute()
    commitment = BinaryAttribute(legacy_encoding=False)
    previous = BinaryAttribute(legacy_encoding=False)
    signature = BinaryAttribute(legacy_encoding=False)
    forward = BinaryAttribute(legacy_encoding=False, null=True)
    device = BinaryAttribute(legacy_encoding=False)
    former = JSONAttribute(null=True)
    made_at = NumberAttribute()
    acknowledged = UnicodeSetAttribute(null=True)
    ttl = NumberAttribute()


class AppItem(Item):
    class Meta:
        pass

    name = UnicodeAttribute()
    key = BinaryAttribute(legacy_encoding=False)
    settings = BinaryAttribute(legacy_encoding=False)
    revision = NumberAttribute()


class MethodItem(Item):
    class Meta:
        pass

    method_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    auth_mac = BinaryAttribute(legacy_encoding=False, null=True)
    secret = BinaryAttribute(legacy_encoding=False, null=True)
    master = BinaryAttribute(legacy_encoding=False, null=True)
    public = BinaryAttribute(legacy_encoding=False, null=True)
    salt = BinaryAttribute(legacy_encoding=False, null=True)
    kdf_profile = NumberAttribute(null=True)
    credential_id = BinaryAttribute(legacy_encoding=False, null=True)
    credential_key = BinaryAttribute(legacy_encoding=False, null=True)
    sign_count = NumberAttribute(null=True)
    transports = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    last_used_at = NumberAttribute(null=True)


class BackupItem(Item):
    class Meta:
        pass


class PendingTotpItem(Item):
    class Meta:
        pass

    session_id = UnicodeAttribute()
    totp_sealed = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class PendingEmailItem(Item):
    class Meta:
        pass

    session_id = UnicodeAttribute()
    change_id = UnicodeAttribute()
    email_key = UnicodeAttribute()
    email_sealed = BinaryAttribute(legacy_encoding=False)
    new_mac = BinaryAttribute(legacy_encoding=False)
    old_mac = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    tries = NumberAttribute()
    ttl = NumberAttribute()


class ResetItem(AgendaItem):
    """`mailed`: how many of its mails went out. Its next one is due at `agenda_at`."""

    class Meta:
        pass

    reset_id = UnicodeAttribute()
    started_at = NumberAttribute()
    ready_at = NumberAttribute()
    ends_at = NumberAttribute()
    mailed = NumberAttribute()


class ResetRequestItem(Item):
    class Meta:
        pass

    account_id = UnicodeAttribute()
    code_mac = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    tries = NumberAttribute()
    ttl = NumberAttribute()


class EmailItem(Item):
    class Meta:
        pass

    account_id = UnicodeAttribute()


class GrantedItem(Item):
    """Names no account."""

    class Meta:
        pass

    until = NumberAttribute()
    ttl = NumberAttribute()


class SessionItem(Item):
    class Meta:
        pass

    session_id = UnicodeAttribute()
    device = UnicodeAttribute()
    created_at = NumberAttribute()
    last_seen_at = NumberAttribute()
    rotate_at = NumberAttribute()
    expires_at = NumberAttribute()
    lineage = BinaryAttribute(legacy_encoding=False)
    secret_hash = BinaryAttribute(legacy_encoding=False)
    previous_hash = BinaryAttribute(legacy_encoding=False, null=True)
    previous_until = NumberAttribute()
    proved_until = NumberAttribute(null=True)
    device_key = UnicodeAttribute(null=True)
    place = UnicodeAttribute(null=True)
    ttl = NumberAttribute()


class DeviceItem(Item):
    class Meta:
        pass

    name = UnicodeAttribute()
    place = UnicodeAttribute(null=True)
    first_seen_at = NumberAttribute()
    answered = BooleanAttribute(null=True)
    ttl = NumberAttribute()


class NonceItem(Item):
    class Meta:
        pass

    ttl = NumberAttribute()


class SignUpItem(Item):
    class Meta:
        pass

    signup_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    email_key = UnicodeAttribute()
    email_sealed = BinaryAttribute(legacy_encoding=False)
    expires_at = NumberAttribute()
    tries = NumberAttribute()
    code_mac = BinaryAttribute(legacy_encoding=False, null=True)
    token_hash = BinaryAttribute(legacy_encoding=False, null=True)
    totp_sealed = BinaryAttribute(legacy_encoding=False, null=True)
    ttl = NumberAttribute()


class LoginItem(Item):
    class Meta:
        pass

    login_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    methods_of = UnicodeAttribute()
    email_key = UnicodeAttribute()
    expires_at = NumberAttribute()
    proved_by = UnicodeAttribute(null=True)
    ttl = NumberAttribute()


class ChallengeItem(Item):
    class Meta:
        pass

    challenge_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    challenge = BinaryAttribute(legacy_encoding=False)
    account_id = UnicodeAttribute()
    bound_to = UnicodeAttribute()
    expires_at = NumberAttribute()
    ttl = NumberAttribute()


class PairingItem(Item):
    """Its parts come one after the other: device to claim_hash, giver_nonce, joiner_nonce, sealed with epoch, finished_at."""

    class Meta:
        pass

    account_id = UnicodeAttribute()
    session_id = UnicodeAttribute()
    expires_at = NumberAttribute()
    device = UnicodeAttribute(null=True)
    public_key = BinaryAttribute(legacy_encoding=False, null=True)
    commitment = BinaryAttribute(legacy_encoding=False, null=True)
    claim_hash = BinaryAttribute(legacy_encoding=False, null=True)
    giver_nonce = BinaryAttribute(legacy_encoding=False, null=True)
    joiner_nonce = BinaryAttribute(legacy_encoding=False, null=True)
    sealed = BinaryAttribute(legacy_encoding=False, null=True)
    epoch = NumberAttribute(null=True)
    finished_at = NumberAttribute(null=True)
    ttl = NumberAttribute()


class TriesItem(Item):
    class Meta:
        pass

    count_ = NumberAttribute(attr_name="count")
    next_at = NumberAttribute()
    forget_at = NumberAttribute()
    ttl = NumberAttribute()


class ErasureItem(Item):
    """`mail_from`: who sends the mail of the receipt has time until then."""

    class Meta:
        pass

    erasure_id = UnicodeAttribute()
    shredded_at = NumberAttribute()
    email_sealed = BinaryAttribute(legacy_encoding=False)
    mail_from = NumberAttribute(null=True)


class ReceiptItem(Item):
    class Meta:
        pass

    requested_at = NumberAttribute()
    ways_in = NumberAttribute(null=True)
    backup_codes = NumberAttribute(null=True)
    sessions = NumberAttribute(null=True)
    chats = NumberAttribute(null=True)
    messages = NumberAttribute(null=True)
    other = NumberAttribute(null=True)
    kept = NumberAttribute(null=True)
    erased_at = NumberAttribute(null=True)
    mac = BinaryAttribute(legacy_encoding=False, null=True)
    ttl = NumberAttribute(null=True)


class TicketItem(Item):
    class Meta:
        pass

    account_id = UnicodeAttribute()
    session_id = UnicodeAttribute()
    expires_at = NumberAttribute()
    ttl = NumberAttribute()
