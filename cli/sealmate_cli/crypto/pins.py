"""What a device remembers of an account's keys, so that an older state, or another one of the same number, shows."""

from dataclasses import dataclass

from .errors import CryptoError
from .manifests import Manifest, manifest_hash
from .statements import EpochStatement, statement_hash


@dataclass(frozen=True)
class Pins:
    """The highest epoch and manifest this device has seen, each with its hash; zero and empty before the first."""

    epoch: int = 0
    statement: bytes = b""
    sequence: int = 0
    manifest: bytes = b""

    def advanced(
        self, account: str, statement: EpochStatement, manifest: Manifest | None, signing_public: bytes
    ) -> "Pins":
        """What is remembered from now on. Both were verified; here they are only held against what was seen before."""
        epoch = (statement.epoch, statement_hash(account, statement))
        _compare((self.epoch, self.statement), epoch, statement.previous, "epoch")
        if manifest is None:
            if self.sequence:
                raise CryptoError("manifest_missing")
            return Pins(*epoch)
        signed = (manifest.sequence, manifest_hash(account, manifest, signing_public))
        _compare((self.sequence, self.manifest), signed, manifest.previous, "manifest")
        return Pins(*epoch, *signed)


def _compare(seen: tuple[int, bytes], now: tuple[int, bytes], previous: bytes, what: str) -> None:
    """`previous`: the hash of the one before `now`, as `now` itself says."""
    if now[0] < seen[0]:
        raise CryptoError(f"{what}_rolled_back")
    # A device from before the hashes were kept remembers the number alone.
    if not seen[1]:
        return
    if (now[0] == seen[0] and now[1] != seen[1]) or (now[0] == seen[0] + 1 and previous != seen[1]):
        raise CryptoError(f"{what}_forked")
