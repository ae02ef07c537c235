"""IAM: the administrator is one key with a checked signature, not whoever says so."""

import json
import os
from email.utils import parseaddr
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from infra.local.cloud.patches.source import Patch, Source
from infra.local.cloud.settings import Settings

_MODULE = "ministack.core.iam_evaluator"


def _install(_settings: Settings) -> None:
    evaluator: Any = import_module(_MODULE)
    administrator = os.environ["AWS_ACCESS_KEY_ID"]
    evaluator.is_root_access_key = lambda key: key == administrator
    # Asked where a signature is pinned, to skip its check: nobody's is skipped.
    evaluator._is_root_key = lambda _key: False


def _name_mail_identity(_settings: Settings) -> None:
    actions: Any = import_module("ministack.core.iam_actions")
    otherwise = actions._ses_v2_resource_arn

    def resource_arn(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        form = parse_qs(body.decode("utf-8", "replace")) if method == "POST" and path == "/" else {}
        if form.get("Action") != ["SendEmail"]:
            return str(otherwise(method, path, body, region, account_id))
        address = parseaddr(form.get("Source", [""])[0])[1]
        return f"arn:aws:ses:{region}:{account_id}:identity/{address}"

    actions._ses_v2_resource_arn = resource_arn


def _name_encryption_context(_settings: Settings) -> None:
    actions: Any = import_module("ministack.core.iam_actions")
    otherwise = actions.request_tag_context

    def request_context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        known: dict[str, Any] = otherwise(service, action, body, params)
        return known | _encryption_context(body) if service == "kms" else known

    actions.request_tag_context = request_context


def _encryption_context(body: bytes) -> dict[str, str]:
    try:
        context = json.loads(body)["EncryptionContext"]
    except (ValueError, KeyError, TypeError):
        return {}
    pairs = context.items() if isinstance(context, dict) else ()
    return {f"kms:EncryptionContext:{name}": str(value) for name, value in pairs}


PATCHES = (
    Patch(
        name="kms-condition-keys",
        mends="No call to KMS had kms:EncryptionContext:<key>, so a policy that asks for a purpose denied everything.",
        replaces=(
            Source(
                "ministack.core.iam_actions:request_tag_context",
                "d46adb816e024778849a7919c64f0d53773c5b181cc759ce69db89215ce77154",
            ),
            Source(
                "ministack.core.iam_evaluator:_resolve_condition_key",
                "15e26964cd38f32c421942a5542a689cb51b63a4e8f746932323a9aeb1caba0c",
            ),
        ),
        apply=_name_encryption_context,
    ),
    Patch(
        name="mail-identity",
        mends="SendEmail was authorised on * instead of its sender's identity, so a policy that names identities denied it.",
        replaces=(
            Source(
                "ministack.core.iam_actions:_ses_v2_resource_arn",
                "96f8ace790bed629acf146f5590f710a5d094dc4a8591830861dac4cc8fd6448",
            ),
        ),
        apply=_name_mail_identity,
    ),
    Patch(
        name="administrator-signature",
        mends=(
            "Any call with the key `test`, a 12-digit key or, on S3, no key at all had every permission and its "
            "signature was never checked, so that any web page could read the local cloud."
        ),
        replaces=(
            Source(
                "ministack.core.iam_evaluator:is_root_access_key",
                "e6ae3b63335593c0d7f112cdb3b505fef87e49f893e448738bef66d1d5064f8f",
            ),
            Source(
                "ministack.core.iam_evaluator:_is_root_key",
                "6d4c5eed6ad65f6a59d132f6ab605715c761b1b09d0a66bf6a8d8c4e69047566",
            ),
            Source(
                "ministack.core.iam_evaluator:pin_signed_request",
                "7fbb21e6b82f7fbd2f3d5adabfa1cfaeaa014852e82b408fa8aaddfd9017187b",
            ),
            Source(
                "ministack.core.iam_evaluator:resolve_credential",
                "32276bd395ef6a6a8f10e4a3894040d9cb466166127279c48c3068328e86b1c7",
            ),
            Source(
                "ministack.core.iam_evaluator:authenticate",
                "42c3660c401bdfa76200ea232aec2c660c0b4d8b94b620dcf50948199c77f825",
            ),
        ),
        apply=_install,
    ),
)
