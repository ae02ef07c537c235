"""What `make deploy` deploys with: what is said now, else what was said last, else the template's default."""

from __future__ import annotations

import pytest

from infra import deploy
from tests.template import template

KNOWN = template()["Parameters"]


def test_what_nobody_said_is_the_templates_default() -> None:
    assert deploy.parameters(KNOWN, {}, {}) == {name: str(given["Default"]) for name, given in KNOWN.items()}


def test_what_is_said_goes_before_what_was() -> None:
    before = {"Origins": "https://old.example", "ModelSet": "custom", "NoLongerThere": "x"}
    chosen = deploy.parameters(KNOWN, {"ORIGINS": "https://new.example"}, before)
    assert (chosen["Origins"], chosen["ModelSet"]) == ("https://new.example", "custom")
    assert set(chosen) == set(KNOWN)


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
