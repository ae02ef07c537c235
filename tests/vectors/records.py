"""The envelope vectors: one record of every namespace, and everything that must not open."""

from dataclasses import asdict, dataclass, replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealmate_cli.crypto import envelope, hash_of
from sealmate_cli.crypto.envelope import Namespace, Place, Suite
from sealmate_cli.crypto.keys import derive, lp, u32
from sealmate_cli.crypto.xwing import KeyPair

from .fixed import FixedRandom, Json, Sealed, encode, fixed, identifier

ACCOUNT, CHAT, TURN = identifier("account"), identifier("chat"), identifier("turn")
CHAT_KEY, MASTER_KEY, KEK = fixed("chat key"), fixed("master key"), fixed("kek")
ANSWER_PAIR = KeyPair(derive(CHAT_KEY, b"sealmate v1 answer"))
METHOD_PAIR = KeyPair(fixed("method seed"))
PAIRED = KeyPair(fixed("new device seed"))
MESSAGE_HASH, ANSWER_HASH = fixed("message hash"), fixed("answer hash")


@dataclass(frozen=True)
class Record:
    name: str
    key: bytes
    """The key of suite 1, or the X-Wing seed of suite 2."""
    place: Place
    content: bytes

    def seal(self, sealed: Sealed) -> bytes:
        return self.seal_padded(sealed, envelope.pad(self.content))

    def seal_padded(self, sealed: Sealed, padded: bytes) -> bytes:
        if self.place.namespace.suite is Suite.PUBLIC_KEY:
            return sealed.padded_envelope(KeyPair(self.key), self.place, padded)
        return seal_padded_with_key(self.key, self.place, padded, FixedRandom(self.name))


def seal_padded_with_key(key: bytes, place: Place, padded: bytes, random: FixedRandom) -> bytes:
    """Suite 1 written out once more, so that wrong paddings can be made."""
    head = envelope.header(place, envelope.key_id(key))
    salt, iv = random(32), random(12)
    both = derive(key, b"sealmate v1 record" + head, 64, salt=salt)
    ciphertext = AESGCM(both[:32]).encrypt(iv, padded, envelope.aad(place, head))
    return head + salt + both[32:] + iv + ciphertext


def records() -> list[Record]:
    method = Place(Namespace.UNLOCK_SECRET, ACCOUNT, "password", identifier("method"), epoch=1)
    signing = Place(Namespace.SIGNING_KEY, ACCOUNT, "account", ACCOUNT, epoch=3)
    chat_key = Place(Namespace.CHAT_KEY, ACCOUNT, CHAT, CHAT, epoch=3, version=2)
    in_turn = Place(Namespace.MESSAGE, ACCOUNT, CHAT, TURN, epoch=2)
    of_chat = replace(in_turn, record=CHAT)
    master = replace(method, namespace=Namespace.UNLOCK_MASTER, epoch=3)
    public = replace(method, namespace=Namespace.UNLOCK_PUBLIC, epoch=3)
    message = '{"text":"Wie geht es dir? 🦭"}'.encode()
    answer = b'{"text":"Well.","mate":"sophia","model":"large","finish":"complete"}'
    suggestions = b'{"suggestions":["One?","Two?","Three?","Four?","Five?","Six?"]}'
    follow = replace(in_turn, parent=ANSWER_HASH)
    return [
        Record("unlock_secret", KEK, method, METHOD_PAIR.seed + fixed("signing public key")),
        Record("unlock_master", METHOD_PAIR.seed, master, MASTER_KEY),
        Record("unlock_public", MASTER_KEY, public, METHOD_PAIR.public_key),
        Record("signing_key", MASTER_KEY, signing, fixed("signing seed")),
        Record("chat_key", MASTER_KEY, chat_key, CHAT_KEY),
        Record("message", CHAT_KEY, in_turn, message),
        Record("message_with_parent", CHAT_KEY, follow, b'{"text":"And then?"}'),
        Record("message_empty", CHAT_KEY, replace(in_turn, record=identifier("empty")), b""),
        Record("message_fills_a_block", CHAT_KEY, replace(in_turn, record=identifier("60")), b"x" * 60),
        Record("message_overflows", CHAT_KEY, replace(in_turn, record=identifier("61")), b"x" * 61),
        Record(
            "answer",
            ANSWER_PAIR.seed,
            replace(in_turn, namespace=Namespace.ANSWER, parent=MESSAGE_HASH),
            answer,
        ),
        Record(
            "title",
            ANSWER_PAIR.seed,
            replace(of_chat, namespace=Namespace.TITLE),
            b'{"title":"How a seal keeps itself warm"}',
        ),
        Record(
            "suggestions",
            ANSWER_PAIR.seed,
            replace(follow, namespace=Namespace.SUGGESTIONS),
            suggestions,
        ),
        Record(
            "cache",
            derive(CHAT_KEY, b"sealmate v1 cache"),
            replace(of_chat, namespace=Namespace.CACHE),
            b'[{"role":"user","text":"Hi"},{"role":"assistant","text":"Hello"}]',
        ),
        Record(
            "details",
            CHAT_KEY,
            replace(of_chat, namespace=Namespace.DETAILS, version=7),
            '{"title":"Kalte Füße","pinned":true,"folder":"Reisen"}'.encode(),
        ),
        Record(
            "details_first_and_empty",
            CHAT_KEY,
            replace(of_chat, namespace=Namespace.DETAILS),
            b'{"title":null,"pinned":false,"folder":null}',
        ),
        Record(
            "link", MASTER_KEY, replace(signing, namespace=Namespace.LINK, epoch=3, version=4), fixed("next master key")
        ),
        Record(
            "device_link",
            fixed("next master key"),
            replace(signing, namespace=Namespace.DEVICE_LINK, epoch=4, version=3),
            derive(MASTER_KEY, b"sealmate v1 device store"),
        ),
        Record(
            "pairing",
            PAIRED.seed,
            Place(Namespace.PAIRING, ACCOUNT, "pairing", identifier("pairing"), epoch=3, parent=fixed("transcript")),
            MASTER_KEY + fixed("statement hash") + u32(0),
        ),
        Record("app_key", MASTER_KEY, Place(Namespace.APP_KEY, ACCOUNT, "web", "web", epoch=3), fixed("app key")),
        Record(
            "app_settings",
            fixed("app key"),
            Place(Namespace.APP_SETTINGS, ACCOUNT, "web", "web", epoch=1, version=4),
            b'{"theme":"dark","text_size":"large","enter_sends":false}',
        ),
    ]


def place_json(place: Place) -> Json:
    return {
        **asdict(place),
        "namespace": int(place.namespace),
        "namespace_name": place.namespace.name.lower(),
        "parent": encode(place.parent),
    }


def envelope_vectors(sealed: Sealed) -> list[Json]:
    vectors = []
    for record in records():
        made = record.seal(sealed)
        head = made[: envelope.HEADER_BYTES]
        vectors.append(
            {
                "name": record.name,
                "suite": int(record.place.namespace.suite),
                "key": encode(record.key),
                "place": place_json(record.place),
                "content": encode(record.content),
                "header": encode(head),
                "aad": encode(envelope.aad(record.place, head)),
                "envelope": encode(made),
                "sha256": encode(hash_of(made)),
            }
        )
    return vectors


def refused_vectors(sealed: Sealed) -> list[Json]:
    """`place` and `key` are what the opener believes; `envelope` is what it was given."""
    by_name = {record.name: record for record in records()}
    return [
        vector
        for name in ("message_with_parent", "answer")
        for vector in [
            *_flipped(by_name[name], sealed),
            *_moved(by_name[name], sealed),
            *_cut(by_name[name], sealed),
            *_badly_padded(by_name[name], sealed),
        ]
    ]


def _refused(record: Record, what: str, given: bytes, reason: str, place: Place | None = None) -> Json:
    return {
        "name": f"{record.name}: {what}",
        "suite": int(record.place.namespace.suite),
        "key": encode(record.key),
        "place": place_json(place or record.place),
        "envelope": encode(given),
        "reason": reason,
    }


def _flipped(record: Record, sealed: Sealed) -> list[Json]:
    whole = record.seal(sealed)
    regions = {
        "magic": (0, "not_an_envelope"),
        "version": (4, "unknown_version"),
        "suite": (5, "unknown_suite"),
        "namespace": (6, "wrong_namespace"),
        "unknown namespace": (6, "unknown_namespace"),
        "key id": (7, "wrong_key"),
        "epoch": (15, "wrong_epoch"),
        "last byte of the tag": (len(whole) - 1, "not_authentic"),
    }
    if record.place.namespace.suite is Suite.KEY:
        regions |= {
            "salt": (19, "commitment_mismatch"),
            "commitment": (51, "commitment_mismatch"),
            "iv": (83, "not_authentic"),
            "ciphertext": (95, "not_authentic"),
        }
    else:
        regions |= {
            "ML-KEM part of enc": (19, "not_authentic"),
            "X25519 part of enc": (19 + 1088, "not_authentic"),
            "ciphertext": (19 + 1120, "not_authentic"),
        }
    bit = {"suite": 4, "namespace": 14, "unknown namespace": 128}
    return [
        _refused(record, f"{region} flipped", _flip(whole, at, bit.get(region, 1)), reason)
        for region, (at, reason) in regions.items()
    ]


def _flip(data: bytes, at: int, bits: int) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def _moved(record: Record, sealed: Sealed) -> list[Json]:
    """The same bytes offered in another place, and another key's record offered here."""
    whole, place = record.seal(sealed), record.place
    other = Namespace.CACHE if place.namespace.suite is Suite.KEY else Namespace.SUGGESTIONS
    places = {
        "other account": (replace(place, account=identifier("other account")), "not_authentic"),
        "other chat": (replace(place, scope=identifier("other chat")), "not_authentic"),
        "other record": (replace(place, record=identifier("other turn")), "not_authentic"),
        "other record version": (replace(place, version=2), "not_authentic"),
        "other parent": (replace(place, parent=fixed("other parent")), "not_authentic"),
        "parent dropped": (replace(place, parent=b""), "not_authentic"),
        "other namespace": (replace(place, namespace=other), "wrong_namespace"),
        "lower generation": (replace(place, epoch=1), "wrong_epoch"),
        "higher generation": (replace(place, epoch=3), "wrong_epoch"),
    }
    moved = [_refused(record, what, whole, reason, at) for what, (at, reason) in places.items()]
    # A field boundary shifted by one character: only the length prefixes tell the two apart.
    shifted = replace(place, scope=place.scope + place.record[:1], record=place.record[1:])
    moved.append(_refused(record, "field boundary shifted", whole, "not_authentic", shifted))
    foreign = replace(record, key=fixed("other key"), name=f"{record.name} foreign").seal(sealed)
    return [*moved, _refused(record, "sealed with another key", foreign, "wrong_key")]


def _cut(record: Record, sealed: Sealed) -> list[Json]:
    whole = record.seal(sealed)
    start = 95 if record.place.namespace.suite is Suite.KEY else 19 + 1120
    return [
        _refused(record, "empty", b"", "not_an_envelope"),
        _refused(record, "cut inside the header", whole[:12], "truncated"),
        _refused(record, "cut after the header", whole[:19], "truncated"),
        _refused(record, "ciphertext dropped", whole[:start], "truncated"),
        _refused(record, "tag dropped", whole[:-16], "truncated"),
        _refused(record, "last byte dropped", whole[:-1], "truncated"),
        _refused(record, "a byte added", whole + b"\0", "truncated"),
        _refused(record, "a block added", whole + bytes(64), "not_authentic"),
    ]


def _badly_padded(record: Record, sealed: Sealed) -> list[Json]:
    """Authentic, from a writer that pads wrongly: refused, so that one content has one form."""
    framed = lp(record.content)
    room = -len(framed) % 64
    paddings = {
        "padding not zero": framed + bytes(room - 1) + b"\1",
        "a block of padding too many": framed + bytes(room + 64),
        "length beyond the end": u32(4096) + record.content + bytes(room),
        "length of 4 GiB": b"\xff" * 4 + record.content + bytes(room),
    }
    return [
        _refused(record, what, record.seal_padded(sealed, padded), "bad_padding") for what, padded in paddings.items()
    ]
