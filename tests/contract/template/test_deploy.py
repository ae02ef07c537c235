"""What `make deploy` deploys with: what is said now, else what was said last, else the template's default."""

from __future__ import annotations

import re

import pytest

from infra import deploy
from infra.local.cloud.deploy import _parameters
from tests.template import template

KNOWN = template()["Parameters"]
SECRETS = {"OriginSecret"}


def test_what_nobody_said_is_the_templates_default() -> None:
    defaults = {name: str(given["Default"]) for name, given in KNOWN.items() if name not in SECRETS}
    assert deploy.parameters(KNOWN, {}, {}) == defaults


def test_what_is_said_goes_before_what_was() -> None:
    before = {"Origins": "https://old.example", "ModelSet": "custom", "NoLongerThere": "x"}
    chosen = deploy.parameters(KNOWN, {"ORIGINS": "https://new.example"}, before)
    assert (chosen["Origins"], chosen["ModelSet"]) == ("https://new.example", "custom")
    assert set(chosen) == set(KNOWN) - SECRETS


def test_functions_reach_the_endpoint_where_we_do() -> None:
    endpoint = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert deploy.parameters(KNOWN, endpoint, {})["EndpointUrl"] == "http://127.0.0.1:4566"
    inside = {**endpoint, "ENDPOINT_URL": "http://cloud:4566"}
    assert deploy.parameters(KNOWN, inside, {})["EndpointUrl"] == "http://cloud:4566"
    assert deploy.parameters(KNOWN, {}, {"EndpointUrl": "http://127.0.0.1:4566"})["EndpointUrl"] == "", "AWS has none"


def test_on_aws_a_sender_of_mails_is_asked_for() -> None:
    chosen = deploy.parameters(KNOWN, {}, {})
    with pytest.raises(deploy.CannotDeploy, match="MAIL_ADDRESS"):
        deploy.check(chosen)
    deploy.check({**chosen, "MailAddress": "hello@example.com"})
    deploy.check({**chosen, "EndpointUrl": "http://127.0.0.1:4566"})


def test_secrets_are_made_once_and_kept() -> None:
    chosen = deploy.parameters(KNOWN, {}, {"OriginSecret": "****"})
    made, others = deploy.first_secrets(KNOWN, chosen), deploy.first_secrets(KNOWN, chosen)
    assert set(made) == SECRETS
    assert made != others
    assert re.fullmatch(KNOWN["OriginSecret"]["AllowedPattern"], made["OriginSecret"])
    assert {"ParameterKey": "OriginSecret", "ParameterValue": made["OriginSecret"]} in _parameters(chosen, made, None)
    before = {"Parameters": [{"ParameterKey": "OriginSecret", "ParameterValue": "****"}]}
    kept = [given for given in _parameters(chosen, others, before) if given["ParameterKey"] == "OriginSecret"]
    assert kept == [{"ParameterKey": "OriginSecret", "UsePreviousValue": True}]


def test_a_secret_that_is_said_is_taken() -> None:
    chosen = deploy.parameters(KNOWN, {"ORIGIN_SECRET": "s" * 32}, {"OriginSecret": "****"})
    assert chosen["OriginSecret"] == "s" * 32
    assert deploy.first_secrets(KNOWN, chosen) == {}


def test_a_stack_is_named_by_its_stage() -> None:
    assert deploy.stack_name({}) == f"sealmate-{KNOWN['Stage']['Default']}"
    assert deploy.stack_name({"STAGE": "prod"}) == "sealmate-prod"
