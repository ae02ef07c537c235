"""The one failure of the key scheme, with a precise reason a test or a caller can name."""


class CryptoError(Exception):
    """Something did not open, verify or decode. `reason` is stable; it never holds secrets or people's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
