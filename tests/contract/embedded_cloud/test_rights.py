"""Rights are narrowed as on AWS: by the purpose of a data key, and by how a connection is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CONTEXT = {"app": "probe", "purpose": "mine"}


@pytest.fixture
def allowed(probe: Any) -> Iterator[Callable[..., Callable[..., Any]]]:
    """Makes a user with one right; gives a way to make its clients."""
    iam, name = probe.client("iam"), "narrow"

    def make(**statement: Any) -> Callable[..., Any]:
        iam.create_user(UserName=name)
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        secret = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return lambda service, **more: probe.client(service, **secret, **more)

    yield make
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName=name)
    iam.delete_user(UserName=name)


def test_a_data_key_is_for_its_purpose(probe: Any, refusal: Any, allowed: Any) -> None:
    key = probe.client("kms").describe_key(KeyId=probe.outputs["DataKey"])["KeyMetadata"]["Arn"]
    kms = allowed(
        Action=["kms:GenerateDataKey", "kms:Decrypt"],
        Resource=key,
        Condition={"StringEquals": {"kms:EncryptionContext:purpose": ["mine", "ours"]}},
    )("kms")
    wanted = {"KeyId": key, "KeySpec": "AES_256"}
    made = kms.generate_data_key(EncryptionContext=CONTEXT, **wanted)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made["Plaintext"]
    foreign = {**CONTEXT, "purpose": "theirs"}
    blob = probe.client("kms").generate_data_key(EncryptionContext=foreign, **wanted)["CiphertextBlob"]
    for call, given in (
        (kms.decrypt, {"CiphertextBlob": blob, "EncryptionContext": foreign}),
        (kms.decrypt, {"CiphertextBlob": blob}),
        (kms.generate_data_key, {"EncryptionContext": foreign, **wanted}),
        (kms.generate_data_key, wanted),
    ):
        assert refusal(call, **given)[0] == "AccessDeniedException"


def test_who_may_post_may_not_close(probe: Any, refusal: Any, allowed: Any) -> None:
    posted = f"arn:aws:execute-api:*:*:{probe.outputs['Socket']}/live/POST/@connections/*"
    clients = allowed(Action="execute-api:ManageConnections", Resource=posted)
    endpoint = probe.connections().meta.endpoint_url
    connections = clients("apigatewaymanagementapi", endpoint_url=endpoint)
    assert refusal(connections.post_to_connection, ConnectionId="gone=", Data=b"x") == ("GoneException", 410)
    for call in (connections.delete_connection, connections.get_connection):
        assert refusal(call, ConnectionId="gone=")[1] == 403
