"""What its owner does with an account: its ways in, its devices, its end. Most of it takes a fresh proof (proving.py)."""

from collections.abc import Iterable

from sealmate_cli import crypto
from sealmate_cli.crypto import NewMethod, UnlockMethod
from sealmate_cli.profile import ProfileFile
from sealmate_cli.renewing import Renewing
from sealmate_cli.session import SessionCalls
from sealmate_cli.typed import digits
from sealmate_cli.wire import http as wire


class AccountLife:
    def __init__(self, session: SessionCalls, profile: ProfileFile, renew: Renewing, random: crypto.Random) -> None:
        self._session, self._profile, self._renew, self._random = session, profile, renew, random

    # --- what opens the account ---

    def is_password(self, password: str) -> bool:
        """Whether it opens the account already."""
        methods = self._session.get(wire.WrappedKeysAnswer, "/account/keys").methods
        method = next((each for each in methods if each.kind == "password"), None)
        if method is None or method.salt is None or method.kdf_profile is None:
            return False
        wrapped = self._renew.opened().wrapped
        try:
            proof = crypto.derive_password(
                password, account=wrapped.account, salt=method.salt, profile=method.kdf_profile
            )
            crypto.unlock_account(wrapped, account=wrapped.account, kind="password", kek=proof.kek, lowest_epoch=0)
        except crypto.CryptoError:
            return False
        return True

    def make_password(self, password: str) -> NewMethod:
        """It counts once `replace_password` has sent it."""
        return crypto.make_password(self._keys(), password, random=self._random)

    def replace_password(self, new: NewMethod) -> None:
        """All other sessions end with it."""
        self._replace("/account/password", new)

    def make_recovery_key(self) -> tuple[NewMethod, str]:
        """To be shown and saved; it counts once `replace_recovery_key` has sent it."""
        return crypto.make_recovery_key(self._keys(), random=self._random)

    def replace_recovery_key(self, new: NewMethod) -> None:
        """All other sessions end with it."""
        self._replace("/account/recovery-key", new)

    def new_backup_codes(self) -> list[str]:
        """Those before are void."""
        return self._session.call(wire.BackupCodes, "POST", "/account/backup-codes").codes

    def begin_authenticator(self) -> wire.Totp:
        """The old one stays good until the new one has shown a code."""
        return self._session.call(wire.Totp, "POST", "/account/totp/options")

    def replace_authenticator(self, code: str) -> None:
        self._session.tell("POST", "/account/totp", {"code": digits(code)})

    def ways_in(self) -> list[wire.MethodListed]:
        """The oldest first."""
        return self._session.get(wire.MethodList, "/account/methods").methods

    def rename_way(self, method_id: str, name: str) -> None:
        self._session.tell("PUT", f"/account/methods/{method_id}", {"name": name})

    def remove_way(self, method_id: str) -> None:
        self._session.tell("DELETE", f"/account/methods/{method_id}")
        self._sign_list()

    # --- the address ---

    def begin_email(self, email: str) -> None:
        """A code goes to this address and another one to the present one."""
        self._session.tell("POST", "/account/email", {"email": email})

    def replace_email(self, email: str, *, code_new: str, code_old: str) -> None:
        body = {"code_new": digits(code_new), "code_old": digits(code_old)}
        self._session.tell("POST", "/account/email/confirm", body)
        with self._profile.locked():
            profile = self._profile.load()
            if profile.identity is not None:
                moved = profile.identity.model_copy(update={"email": email.lower()})
                self._profile.save(profile.model_copy(update={"identity": moved}))

    # --- devices ---

    def devices(self) -> list[wire.SessionListed]:
        """This one first, then the one seen last."""
        sessions = self._session.get(wire.SessionList, "/account/sessions").sessions
        return sorted(sessions, key=lambda each: (not each.current, -each.last_seen_at))

    def end_device(self, session_id: str) -> None:
        self._session.tell("DELETE", f"/account/sessions/{session_id}")

    def end_other_devices(self) -> int:
        """How many there were."""
        others = [each for each in self.devices() if not each.current]
        self._session.tell("DELETE", "/account/sessions")
        return len(others)

    def new_devices(self) -> list[wire.NewDevice]:
        """That nobody has said yes or no to; never this one."""
        return self._session.get(wire.NewDevices, "/account/devices/new").devices

    def answer_device(self, device_id: str, *, mine: bool) -> None:
        """Not mine: its sessions end at once. Takes a fresh proof where this device is new itself, and says yes."""
        self._session.tell("POST", f"/account/devices/{device_id}/answer", {"mine": mine})

    # --- the end ---

    def reset_ready_at(self) -> int | None:
        """From then on the account may be erased, as somebody says that every way in is lost."""
        return self._session.get(wire.Account, "/account").reset_ready_at

    def stop_reset(self) -> None:
        """Somebody said that every way in is lost; it isn't."""
        self._session.tell("DELETE", "/account/reset")

    def erase(self) -> None:
        """The account is gone at once, what else is kept of it soon after; this device forgets its keys."""
        self._session.tell("POST", "/account/erase", {})
        self._session.forget()

    def _replace(self, path: str, new: NewMethod) -> None:
        """Named in the account's signed list first, so that no device takes it for one that the server planted."""
        self._sign_list(new.method)
        self._session.tell("PUT", path, {"method": wire.new_method_body(new)})
        # The one it replaced is off the list, so that nobody can bring it back.
        self._sign_list()

    def _sign_list(self, *coming: UnlockMethod) -> None:
        """Of the ways in there are and those to come; it goes on from the list that this device has checked."""
        keys = self._renew.opened()
        methods: Iterable[UnlockMethod] = (*keys.wrapped.methods, *coming)
        manifest = crypto.make_manifest(
            account=keys.master.account,
            epoch=keys.master.epoch,
            methods=methods,
            signing_seed=keys.master.signing_seed,
            before=keys.wrapped.manifest,
        )
        self._session.tell("POST", "/account/manifest", {"manifest": wire.manifest_body(manifest)})

    def _keys(self) -> crypto.MasterKeys:
        return self._renew.opened().master
