"""Every failure a person, a client or the state machine can meet: class, code, status, sentence, next step.

The class name is what the state machine's `Retry` and `Catch` name; the code is what clients rely on. `details` holds numbers and
ids only, never words of a person, because it ends up in executions, logs and replies.
"""

from __future__ import annotations

import json
from typing import ClassVar


class SealmateError(Exception):
    """Base of all failures; `str(error)` is the details as JSON, so that they survive the way through a state machine."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "Something went wrong on our side."
    next_step: ClassVar[str] = "Try again in a moment."

    def __init__(self, **details: int | str) -> None:
        self.details = details
        super().__init__(json.dumps(details, sort_keys=True))


# --- what a client sent ---


class InvalidRequest(SealmateError):
    code, status = "invalid_request", 400
    message = "This request isn't in the shape the server expects."
    next_step = "Update the app; if you wrote the client, compare with docs/protocol.md."


class UnknownAction(SealmateError):
    code, status = "unknown_action", 400
    message = "The server doesn't know this action."
    next_step = "Use one of ask, stop, resume and focus, as JSON with a field named action."


class NotFound(SealmateError):
    code, status = "not_found", 404
    message = "There is nothing at this address."
    next_step = "Check the address."


class RequestTooLarge(SealmateError):
    code, status = "request_too_large", 413
    message = "This message is too long."
    next_step = "Shorten it, or send it in parts."


# --- who is asking ---


class NotSignedIn(SealmateError):
    code, status = "not_signed_in", 401
    message = "You are not signed in, or your session has ended."
    next_step = "Sign in again; nothing you wrote is lost."


class ForeignOrigin(SealmateError):
    code, status = "foreign_origin", 403
    message = "This page may not speak for you."
    next_step = "Open Sealmate at its own address."


class StepUpNeeded(SealmateError):
    """A change to the ways in, asked for by a session that proved nothing lately."""

    code, status = "step_up_needed", 403
    message = "This needs a fresh proof that it is you."
    next_step = "Prove it with your password, recovery key or passkey and a code, then do it again."


class DeviceProofNeeded(SealmateError):
    """Details: `nonce`, what the device's key is to sign with the request."""

    code, status = "device_proof_needed", 401
    message = "This needs the signature of the device that signed in."
    next_step = "Nothing to do: apps sign it and send it again by themselves."


class InvalidDeviceProof(SealmateError):
    """No proof, one of another request, or by another key than the session's."""

    code, status = "invalid_device_proof", 401
    message = (
        "The device's signature is missing or doesn't fit: this session belongs to another device, or its key is gone."
    )
    next_step = "Sign in again on this device; nothing you wrote is lost."


class RenewalDue(SealmateError):
    """A token that should have been renewed by its device hours ago."""

    code, status = "renewal_due", 401
    message = "This session's token is too old to be used; its device must renew it first."
    next_step = "Nothing to do: apps renew it and send the request again. If this stays, sign in again."


class DeviceNotFound(SealmateError):
    code, status = "device_not_found", 404
    message = "Nobody is asked about this device any more."
    next_step = "Load the list again; it may have been answered on another device."


class WrongCredentials(SealmateError):
    code, status = "wrong_credentials", 401
    message = "E-mail and password don't match."
    next_step = "Check both, or use your recovery key."


class WrongCode(SealmateError):
    code, status = "wrong_code", 401
    message = "This code isn't right, or was used already."
    next_step = "Look again, and wait for the next one if it came from an authenticator."


class TooManyTries(SealmateError):
    """Details: `retry_after`, seconds."""

    code, status = "too_many_tries", 429
    message = "There were too many tries."
    next_step = "Wait for the time shown, then try again. Nothing is locked for good."


class StepExpired(SealmateError):
    code, status = "step_expired", 410
    message = "This took too long, was finished already, or there were too many wrong codes."
    next_step = "Start it again from the e-mail address."


class PairingOver(SealmateError):
    code, status = "pairing_over", 410
    message = "This code for adding a device is not known, or good no longer."
    next_step = "Compare it with what the device that is signed in shows, or begin again there: Settings, Account, Add a device."


class PairingTaken(SealmateError):
    code, status = "pairing_taken", 409
    message = "Another device has used this code already."
    next_step = "If it isn't yours, refuse it on the device that is signed in, and begin again there."


class ResetNotReady(SealmateError):
    """Stopped meanwhile, or its waiting period isn't over, or it is long over."""

    code, status = "reset_not_ready", 409
    message = (
        "This account can't be erased now: its waiting time isn't over, or someone who is signed in has stopped it."
    )
    next_step = "Look how it stands, and wait or begin anew. Nothing was erased."


class ChangedMeanwhile(SealmateError):
    code, status = "changed_meanwhile", 409
    message = "Your account's keys or codes were changed elsewhere at this moment."
    next_step = "Load the page again, look at what is there now, and do it again if it is still needed."


class MailNotSent(SealmateError):
    """Details: `reason`, the mail service's own code."""

    code, status = "mail_not_sent", 503
    message = "The mail could not be sent."
    next_step = "Check the address and try again in a minute."


class InvalidKeys(SealmateError):
    code, status = "invalid_keys", 422
    message = "The keys sent don't fit together."
    next_step = "Update the app and try again; nothing was stored."


class InvalidPasskey(SealmateError):
    code, status = "invalid_passkey", 422
    message = "This passkey or security key couldn't be added."
    next_step = "Try again; if it stays so, take another one. Nothing was stored."


class MethodNotFound(SealmateError):
    code, status = "method_not_found", 404
    message = "This way in doesn't exist any more."
    next_step = "Load the list again."


class LastMethod(SealmateError):
    code, status = "last_method", 409
    message = "An account keeps its recovery key and at least one more way to unlock it."
    next_step = "Add another way in first; a recovery key is replaced, not removed."


class TooManyMethods(SealmateError):
    code, status = "too_many_methods", 409
    message = "This account has as many ways in as it can have."
    next_step = "Remove one that you don't use, then add the new one."


class RotationUnderWay(SealmateError):
    """Details: `retry_after`, seconds until the other device's lease ends."""

    code, status = "rotation_under_way", 409
    message = "Another of your devices is renewing your keys at this moment."
    next_step = "Nothing to do: apps try again by themselves."


class LeaseOver(SealmateError):
    code, status = "lease_over", 410
    message = "Renewing your keys took too long, or another device has begun it anew."
    next_step = "Begin it again; what was stored so far does no harm."


class KeysChanged(SealmateError):
    code, status = "keys_changed", 409
    message = "A chat or a way to unlock was added while your keys were being renewed."
    next_step = "Stage what was added and finish again; apps do this by themselves."


class ManifestConflict(SealmateError):
    code, status = "manifest_conflict", 409
    message = "Another device has signed a newer list of your ways to unlock."
    next_step = "Load your keys again, and make the change to what is there now."


# --- chats and turns ---


class ChatNotFound(SealmateError):
    code, status = "chat_not_found", 404
    message = "This chat doesn't exist here."
    next_step = "Load your chats again; to start a new one, send its key with the first message."


class ChatKeyConflict(SealmateError):
    code, status = "chat_key_conflict", 409
    message = "This chat already has another key."
    next_step = "Load the chat again and use the key that is stored; your message was not stored."


class DetailsConflict(SealmateError):
    code, status = "details_conflict", 409
    message = "This chat's name, folder or pin was changed elsewhere meanwhile."
    next_step = "Load the chat again and make the change to what is there now."


class SettingsConflict(SealmateError):
    code, status = "settings_conflict", 409
    message = "These settings were changed elsewhere meanwhile."
    next_step = "Load them again and make the change to what is there now."


class WrongEpoch(SealmateError):
    code, status = "wrong_epoch", 409
    message = "This was sealed with a key that is not the current one."
    next_step = "Load your keys again, seal the message with the current one and send it again."


class InvalidRecord(SealmateError):
    code, status = "invalid_record", 422
    message = "The sealed record doesn't fit the message."
    next_step = "Update the app; your message was not stored."


class HistoryNotCached(SealmateError):
    code, status = "history_not_cached", 409
    message = "The server no longer holds this chat's recent messages."
    next_step = "Send the message again with its history; apps do this by themselves."


class TurnNotFound(SealmateError):
    code, status = "turn_not_found", 404
    message = "This message doesn't exist here."
    next_step = "Load the chat again."


class AnswerNotKept(SealmateError):
    """Of a temporary chat: the answer was sealed, told, and stored nowhere."""

    code, status = "answer_not_kept", 410
    message = "This answer was temporary and isn't kept anywhere."
    next_step = "Ask again if you still need it."


class TurnNotStarted(SealmateError):
    code, status = "turn_not_started", 503
    message = "Your message is stored, but answering could not be started."
    next_step = "Send it again; it won't be answered or charged twice."


class UnknownMate(SealmateError):
    code, status = "unknown_mate", 422
    message = "There is no mate of this name."
    next_step = "Choose one of the mates listed, or none."


class InsufficientCredits(SealmateError):
    """Details: `missing_credits`."""

    code, status = "insufficient_credits", 402
    message = "There aren't enough credits for this message."
    next_step = "Add credits, then send the message again."


class HarmRefused(SealmateError):
    code, status = "harm_refused", 422
    message = (
        "I can't help with this: it could hurt someone. "
        "If you or someone else is in danger, please call your local emergency number."
    )
    next_step = "If it was meant otherwise, tell me more about what you need it for. Nothing was charged."


class AnswerTakenBack(SealmateError):
    """Post-processing found that the answer could be used to do harm."""

    code, status = "answer_withheld", 422
    message = "I took this answer back: it could be used to hurt someone."
    next_step = "Tell me more about what you need it for."


class NotJudged(SealmateError):
    """Neither model gave a reading that could be understood: that is never taken as safe."""

    code, status = "not_judged", 503
    message = "I couldn't read this message well enough to answer it safely."
    next_step = "Please word it differently or try again later. Nothing was charged."


class TurnInterrupted(SealmateError):
    code, status = "turn_interrupted", 503
    message = "The answer was cut off by a fault on our side."
    next_step = "Send the message again. Nothing was charged."


class TurnStopped(SealmateError):
    code, status = "turn_stopped", 409
    message = "Stopped before there was anything to show."
    next_step = "Send the message again whenever you like. Nothing was charged."


class TurnAlreadyRunning(SealmateError):
    """A second execution, or a second try while the first still streams, must not answer too."""

    code, status = "turn_already_running", 409
    message = "This message is being answered already."
    next_step = "Wait for the answer."


# --- providers of language models ---


class ProviderUnavailable(SealmateError):
    """The provider answered 5xx, timed out, or could not be reached; worth a retry."""

    code, status = "provider_unavailable", 503
    message = "The language model can't be reached at the moment."
    next_step = "Try again in a minute. Nothing was charged."


class ProviderBusy(SealmateError):
    """The provider answered 429; worth a retry."""

    code, status = "provider_busy", 503
    message = "The language model is overloaded at the moment."
    next_step = "Try again in a minute. Nothing was charged."


class ProviderRefused(SealmateError):
    """The provider answered 4xx: a key, model or setting is wrong; retrying won't help."""

    code, status = "provider_refused", 502
    message = "The language model refused our request."
    next_step = "Tell the operator: its key or model name needs attention. Nothing was charged."


class ProviderGarbled(SealmateError):
    """What the provider sent was not in its own format."""

    code, status = "provider_garbled", 502
    message = "The language model's answer couldn't be read."
    next_step = "Try again. Nothing was charged."


class ModelMissing(SealmateError):
    code, status = "model_missing", 502
    message = "The language model for this message isn't there."
    next_step = "Tell the operator: catalog/models.yaml names a model its provider doesn't have. Nothing was charged."


# --- what we hold ---


class SealBroken(SealmateError):
    """A blob under the server's own keys doesn't open: wrong context, altered, or cut."""

    code, status = "seal_broken", 500
    message = "Something stored here can't be opened."
    next_step = "Tell the operator, with the id shown."


class ConnectionGone(SealmateError):
    """Internal: the WebSocket this was meant for no longer exists."""

    code, status = "connection_gone", 410
    message = "The connection is gone."
    next_step = "Connect again."


class DeliveryFailed(SealmateError):
    """Internal: the WebSocket service didn't take a frame; the client resumes."""

    code, status = "delivery_failed", 503
    message = "A part of the answer could not be delivered."
    next_step = "Connect again; the app continues where it stopped."


class Internal(SealmateError):
    """What a client is told when something failed that has no name of its own."""


def _all(base: type[SealmateError]) -> dict[str, type[SealmateError]]:
    return {base.__name__: base} | {name: e for sub in base.__subclasses__() for name, e in _all(sub).items()}


BY_NAME: dict[str, type[SealmateError]] = _all(SealmateError)


def by_code(code: str) -> SealmateError:
    """The error of a stored code; Internal for one that no longer exists."""
    return next((kind() for kind in BY_NAME.values() if kind.code == code), Internal())


def from_failure(name: str, cause: str) -> SealmateError:
    """The error behind a state machine's `Error` (a class name) and `Cause` (a Lambda's JSON error, or anything else)."""
    if name in ("States.Timeout", "Sandbox.Timedout", "Lambda.Unknown"):
        return TurnInterrupted()
    kind = BY_NAME.get(name, Internal)
    try:
        details = json.loads(json.loads(cause)["errorMessage"])
        return kind(**{k: v for k, v in details.items() if isinstance(v, (int, str))})
    except (ValueError, KeyError, TypeError, AttributeError):
        return kind()
