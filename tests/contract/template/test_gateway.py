"""What stands in front of the functions: the gateway's own errors are problem documents, and CloudFront says who asks."""

from __future__ import annotations

import json

import pytest

from sealmate import errors
from sealmate.entry import problem
from tests.template import Json, resources, template

RESPONSES: Json = template()["Resources"]["Api"]["Properties"]["GatewayResponses"]
ERRORS: dict[str, errors.SealmateError] = {
    "DEFAULT_4XX": errors.InvalidRequest(),
    "DEFAULT_5XX": errors.Internal(),
    "MISSING_AUTHENTICATION_TOKEN": errors.NotFound(),  # said of an unknown path or method
    "RESOURCE_NOT_FOUND": errors.NotFound(),
    "REQUEST_TOO_LARGE": errors.RequestTooLarge(),
    "THROTTLED": errors.TooManyTries(retry_after=1),
}


def test_the_gateways_errors_have_ours() -> None:
    assert set(RESPONSES) == set(ERRORS)


@pytest.mark.parametrize("kind", ERRORS)
def test_the_gateways_errors_are_problem_documents(kind: str) -> None:
    response, error = RESPONSES[kind], ERRORS[kind]
    assert json.loads(response["ResponseTemplates"]["application/json"]) == problem(error, "$context.requestId")
    assert response["StatusCode"] == error.status
    headers = {"Content-Type": "'application/problem+json'", "Cache-Control": "'no-store'"}
    if "retry_after" in error.details:
        headers["Retry-After"] = f"'{error.details['retry_after']}'"
    assert response["ResponseParameters"] == {"Headers": headers}


def test_cloudfront_proves_itself_to_the_api_and_says_who_asks() -> None:
    (front,) = resources("AWS::CloudFront::Distribution").values()
    config = front["Properties"]["DistributionConfig"]
    (behaviour,) = [each for each in config["CacheBehaviors"] if each["PathPattern"] == "/api/*"]
    (api,) = [origin for origin in config["Origins"] if origin["Id"] == behaviour["TargetOriginId"]]
    _, shown, _ = api["OriginCustomHeaders"]["Fn::If"]
    assert shown == [{"HeaderName": "Sealmate-Origin", "HeaderValue": {"Ref": "OriginSecret"}}]
    # The managed policy AllViewerExceptHostHeader: everything of the viewer, and CloudFront-Viewer-Address.
    policy = behaviour["OriginRequestPolicyId"]
    assert policy == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    assert template()["Parameters"]["OriginSecret"]["NoEcho"] is True
