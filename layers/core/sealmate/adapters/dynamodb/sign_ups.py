"""Sign-ups and logins under way: rows of minutes, and the counters of tries."""

from __future__ import annotations

from pynamodb.exceptions import DoesNotExist

from sealmate.accounts.records import Login, SignUp, Tries
from sealmate.adapters.dynamodb.account_items import LoginItem, SignUpItem, TriesItem
from sealmate.adapters.dynamodb.conditional import applied


class DynamoSignUps:
    def put(self, sign_up: SignUp) -> None:
        SignUpItem(
            f"SIGNUP#{sign_up.signup_id}",
            "SIGNUP",
            signup_id=sign_up.signup_id,
            account_id=sign_up.account_id,
            email_key=sign_up.email_key,
            email_sealed=sign_up.email_sealed,
            expires_at=sign_up.expires_at,
            tries=sign_up.tries,
            code_mac=sign_up.code_mac,
            token_hash=sign_up.token_hash,
            totp_sealed=sign_up.totp_sealed,
            ttl=sign_up.expires_at,
        ).save()

    def get(self, signup_id: str) -> SignUp | None:
        try:
            return _sign_up(SignUpItem.get(f"SIGNUP#{signup_id}", "SIGNUP", consistent_read=True))
        except DoesNotExist:
            return None

    def count_try(self, signup_id: str, *, limit: int, now: int) -> SignUp | None:
        item = SignUpItem(f"SIGNUP#{signup_id}", "SIGNUP")
        counted = applied(
            lambda: item.update(
                actions=[SignUpItem.tries.add(1)],
                condition=(SignUpItem.tries < limit) & (SignUpItem.expires_at > now),
            )
        )
        return _sign_up(item) if counted else None

    def prove_email(self, sign_up: SignUp, *, token_hash: bytes, totp_sealed: bytes, expires_at: int) -> bool:
        item = SignUpItem(f"SIGNUP#{sign_up.signup_id}", "SIGNUP")
        return applied(
            lambda: item.update(
                actions=[
                    SignUpItem.code_mac.remove(),
                    SignUpItem.token_hash.set(token_hash),
                    SignUpItem.totp_sealed.set(totp_sealed),
                    SignUpItem.tries.set(0),
                    SignUpItem.expires_at.set(expires_at),
                    SignUpItem.ttl.set(expires_at),
                ],
                condition=SignUpItem.code_mac == sign_up.code_mac,
            )
        )


class DynamoLogins:
    def put(self, login: Login) -> None:
        LoginItem(
            f"LOGIN#{login.login_id}",
            "LOGIN",
            login_id=login.login_id,
            account_id=login.account_id,
            methods_of=login.methods_of,
            email_key=login.email_key,
            expires_at=login.expires_at,
            proved_by=login.proved_by,
            ttl=login.expires_at,
        ).save()

    def get(self, login_id: str) -> Login | None:
        try:
            item = LoginItem.get(f"LOGIN#{login_id}", "LOGIN", consistent_read=True)
        except DoesNotExist:
            return None
        return Login(
            login_id=item.login_id,
            account_id=item.account_id,
            methods_of=item.methods_of,
            email_key=item.email_key,
            expires_at=int(item.expires_at),
            proved_by=item.proved_by,
        )

    def prove_password(self, login_id: str, *, method_id: str) -> None:
        item = LoginItem(f"LOGIN#{login_id}", "LOGIN")
        applied(lambda: item.update(actions=[LoginItem.proved_by.set(method_id)], condition=LoginItem.pk.exists()))


class DynamoTries:
    def get(self, key: str) -> Tries | None:
        try:
            item = TriesItem.get(f"TRIES#{key}", "TRIES", consistent_read=True)
        except DoesNotExist:
            return None
        return Tries(count=int(item.count_), next_at=int(item.next_at), forget_at=int(item.forget_at))

    def replace(self, key: str, *, expected: Tries | None, new: Tries) -> bool:
        item = TriesItem(
            f"TRIES#{key}",
            "TRIES",
            count_=new.count,
            next_at=new.next_at,
            forget_at=new.forget_at,
            ttl=new.forget_at,
        )
        condition = (
            TriesItem.pk.does_not_exist()
            if expected is None
            else (TriesItem.count_ == expected.count)
            & (TriesItem.next_at == expected.next_at)
            & (TriesItem.forget_at == expected.forget_at)
        )
        return applied(lambda: item.save(condition=condition))

    def forget(self, key: str) -> None:
        TriesItem(f"TRIES#{key}", "TRIES").delete()


def _sign_up(item: SignUpItem) -> SignUp:
    return SignUp(
        signup_id=item.signup_id,
        account_id=item.account_id,
        email_key=item.email_key,
        email_sealed=item.email_sealed,
        expires_at=int(item.expires_at),
        tries=int(item.tries),
        code_mac=item.code_mac,
        token_hash=item.token_hash,
        totp_sealed=item.totp_sealed,
    )
