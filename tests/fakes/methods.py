"""The stores of ways in and of challenges, in memory; each operation happens at once or not at all."""

from __future__ import annotations

from dataclasses import replace

from sealmate.accounts.records import Challenge, CredentialUse, Login, Method, Session
from tests.fakes.accounts import Rows, begin, ends


class FakeMethods:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def add(self, account_id: str, method: Method, *, epoch: int, sequence: int | None) -> bool:
        with self._rows.lock:
            account = self._rows.accounts.get(account_id)
            if account is None or self._find(account_id, method.method_id):
                return False
            if (account.statement.epoch, account.manifest_sequence) != (epoch, sequence):
                return False
            self._rows.accounts[account_id] = replace(account, ways_in=account.ways_in + 1)
            self._rows.methods[account_id].append(method)
            return True

    def rename(self, account_id: str, method_id: str, *, name: str) -> bool:
        with self._rows.lock:
            return self._change(account_id, method_id, name=name)

    def remove(self, account_id: str, method_id: str, *, keeping: tuple[str, str]) -> bool:
        with self._rows.lock:
            method, kept = self._find(account_id, method_id), [self._find(account_id, each) for each in keeping]
            if method is None or not all(each and each.unlocks for each in kept):
                return False
            self._rows.methods[account_id].remove(method)
            return True

    def note_use(self, account_id: str, method_id: str, *, at: int) -> None:
        with self._rows.lock:
            self._change(account_id, method_id, last_used_at=at)

    def admit(self, session: Session, *, use: CredentialUse, login: Login | None) -> bool:
        rows = self._rows
        with rows.lock:
            over = login is not None and not ends(rows, login)
            if session.account_id not in rows.accounts or over or not self._note(session.account_id, use):
                return False
            if login is not None:
                del rows.logins[login.login_id]
            begin(rows, session)
            return True

    def prove(self, session: Session, *, use: CredentialUse, until: int) -> bool:
        rows, key = self._rows, (session.account_id, session.session_id)
        with rows.lock:
            if key not in rows.sessions or not self._note(session.account_id, use):
                return False
            rows.sessions[key] = replace(rows.sessions[key], proved_until=until)
            return True

    def _note(self, account_id: str, use: CredentialUse) -> bool:
        method = self._find(account_id, use.method_id)
        if method is None or method.credential is None or method.credential.sign_count != use.counted_before:
            return False
        counted = replace(method.credential, sign_count=use.counted)
        return self._change(account_id, use.method_id, credential=counted, last_used_at=use.at)

    def _find(self, account_id: str, method_id: str) -> Method | None:
        return next((each for each in self._rows.methods.get(account_id, []) if each.method_id == method_id), None)

    def _change(self, account_id: str, method_id: str, **changes: object) -> bool:
        method = self._find(account_id, method_id)
        if method is None:
            return False
        methods = self._rows.methods[account_id]
        methods[methods.index(method)] = replace(method, **changes)  # type: ignore[arg-type]
        return True


class FakeChallenges:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def put(self, challenge: Challenge) -> None:
        self._rows.challenges[challenge.challenge_id] = challenge

    def take(self, challenge_id: str) -> Challenge | None:
        with self._rows.lock:
            return self._rows.challenges.pop(challenge_id, None)
