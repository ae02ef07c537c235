"""Proving who one is: the auth of an unlock method, then a second factor. Each try is counted before it is looked at."""

from __future__ import annotations

from sealmate import errors
from sealmate.accounts import backup, proofs, totp, tries
from sealmate.accounts.records import Account, Method, SecondFactor
from sealmate.accounts.stores import AccountStore, TryStore
from sealmate.ports import Clock, DataSeal, KeyService


def prove_auth(
    auth: bytes,
    *,
    account_id: str,
    methods_of: str,
    whose: str,
    keys: KeyService,
    accounts: AccountStore,
    counters: TryStore,
    clock: Clock,
) -> Method:
    """The unlock method whose `auth` this is, among those of `methods_of`; `whose` tries are counted. TooManyTries, WrongCredentials."""
    tries.count_try(whose, policy=tries.PASSWORD, counters=counters, clock=clock)
    methods = accounts.methods(methods_of)
    given = proofs.auth_mac(account_id, auth, keys=keys)
    fitting = [method for method in methods if proofs.matches(given, method.auth_mac)]
    if not fitting:
        raise errors.WrongCredentials()
    tries.forget(whose, policy=tries.PASSWORD, counters=counters)
    return fitting[0]


def factor_of(account: Account, code: str, *, keys: KeyService, seal: DataSeal, clock: Clock) -> SecondFactor:
    """What a code would spend: six digits of the authenticator, or else a backup code. WrongCode; spending may refuse it still."""
    digits = code.replace(" ", "")
    if not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        (mac,) = proofs.backup_macs(account.account_id, [backup.read(code)], keys=keys)
        return SecondFactor(backup_mac=mac)
    if not account.totp_sealed:
        raise errors.WrongCode()
    seed = seal.open(account.totp_sealed, purpose="totp", owner=account.account_id)
    step = totp.step_of(digits, seed=seed, now=clock.now())
    if step is None:
        raise errors.WrongCode()
    return SecondFactor(totp_step=step, totp_sealed=account.totp_sealed)


def prove_both(
    account: Account,
    *,
    auth: bytes,
    code: str,
    keys: KeyService,
    seal: DataSeal,
    accounts: AccountStore,
    counters: TryStore,
    clock: Clock,
) -> SecondFactor:
    """Both proofs of a sign-in at once, by who is signed in; what is returned must be spent. TooManyTries, WrongCredentials, WrongCode.

    Counted for the account and not, as at sign-in, for its address: a stranger's tries must not keep its owner waiting here.
    """
    prove_auth(
        auth,
        account_id=account.account_id,
        methods_of=account.account_id,
        whose=account.account_id,
        keys=keys,
        accounts=accounts,
        counters=counters,
        clock=clock,
    )
    tries.count_try(account.account_id, policy=tries.CODE, counters=counters, clock=clock)
    return factor_of(account, code, keys=keys, seal=seal, clock=clock)
