"""Every way in is lost, step by step: a code by mail, how it stands, and then either the waiting time begins or the account ends."""

from sealmate_cli.api import Api
from sealmate_cli.errors import ClientError
from sealmate_cli.profile import AskedReset, ProfileFile
from sealmate_cli.typed import digits
from sealmate_cli.wire import http as wire

_CODE_SECONDS = 1800
"""As long as the server keeps a code."""


class LostAccount:
    """Nothing here takes a key: docs/decisions/0017-lost-everything.md."""

    def __init__(self, api: Api, profile: ProfileFile, asked: AskedReset) -> None:
        self._api, self._profile, self.email = api, profile, asked.email
        self._proof = {"request_id": asked.request_id}

    @classmethod
    def ask(cls, api: Api, profile: ProfileFile, email: str, *, now: float) -> "LostAccount":
        """A code goes to this address. Which one it is stays in the profile, so that another command can take the code."""
        request_id = api.call(wire.ResetAsked, "POST", "/auth/reset", body={"email": email}).request_id
        asked = AskedReset(email=email, request_id=request_id, until=int(now) + _CODE_SECONDS)
        _keep(profile, asked)
        return cls(api, profile, asked)

    def look(self, mail_code: str) -> wire.Reset:
        """The code stays good for half an hour, for what follows."""
        self._proof["code"] = digits(mail_code)
        return self._told("verify")

    def start(self) -> wire.Reset:
        """The waiting time begins. Where none ran, none can be over."""
        standing = self._told("start")
        if standing.state != "waiting":
            raise _contradicted()
        return standing

    def finish(self) -> str:
        """The account is gone at once; the id under which the receipt can be seen."""
        erasure_id = self._api.call(wire.ErasureBegun, "POST", "/auth/reset/finish", body=self._proof).erasure_id
        _keep(self._profile, None)
        return erasure_id

    def _told(self, step: str) -> wire.Reset:
        standing = self._api.call(wire.Reset, "POST", f"/auth/reset/{step}", body=self._proof)
        if standing.state != "none" and not 0 < standing.ready_at < standing.ends_at:
            raise _contradicted()
        return standing


def _keep(profile: ProfileFile, asked: AskedReset | None) -> None:
    with profile.locked():
        profile.save(profile.load().model_copy(update={"asked_reset": asked}))


def _contradicted() -> ClientError:
    return ClientError(
        "reset_contradicted",
        "What the server says of this reset can't be so.",
        "Nothing was erased from here. Look again later, and tell its operator, with this code.",
    )
