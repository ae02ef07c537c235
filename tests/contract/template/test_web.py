"""The web app in the cloud: a private bucket behind CloudFront, its headers those of infra/web_headers.json, one page for all routes."""

from __future__ import annotations

import json
import subprocess
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import pytest

from infra import web_headers
from tests.template import Json, resources, template

(FRONT,) = resources("AWS::CloudFront::Distribution").values()
CONFIG: Json = FRONT["Properties"]["DistributionConfig"]
PAGE, FILES = "WebPageHeaders", "WebFileHeaders"
YEAR = 31_536_000
# What is asked for, and what answers: origin, headers, cache.
SERVED = {
    "/": ("web", PAGE, "WebFilesCache"),
    "/settings/devices": ("web", PAGE, "WebFilesCache"),
    "/chat/0199c8a5-0000-7000-8000-000000000000": ("web", PAGE, "WebFilesCache"),
    "/index.html": ("web", PAGE, "WebFilesCache"),
    "/service-worker.js": ("web", FILES, "WebFilesCache"),
    "/manifest.webmanifest": ("web", FILES, "WebFilesCache"),
    "/manifest.sha256.json": ("web", FILES, "WebFilesCache"),
    "/_app/version.json": ("web", FILES, "WebFilesCache"),
    "/_app/immutable/chunks/Bx1.js": ("web", FILES, "WebHashedFilesCache"),
    "/api/chats": ("api", FILES, None),
    "/ws": ("socket", None, None),
}


def behaviour(path: str) -> Json:
    fitting = [each for each in CONFIG["CacheBehaviors"] if fnmatchcase(path, each["PathPattern"])]
    return dict([*fitting, CONFIG["DefaultCacheBehavior"]][0])


def headers_of(policy: str) -> dict[str, str]:
    """As CloudFront writes them."""
    config = resources("AWS::CloudFront::ResponseHeadersPolicy")[policy]["Properties"]["ResponseHeadersPolicyConfig"]
    security, custom = config["SecurityHeadersConfig"], config["CustomHeadersConfig"]["Items"]
    assert all(each["Override"] for each in [*security.values(), *custom])
    transport = security["StrictTransportSecurity"]
    within = "; includeSubDomains" if transport["IncludeSubdomains"] else ""
    assert "ContentTypeOptions" in security
    return {
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}{within}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        **{each["Header"]: each["Value"] for each in custom},
    }


def test_headers_are_those_of_the_one_list() -> None:
    assert headers_of(PAGE) == web_headers.for_page()
    assert headers_of(FILES) == web_headers.for_files()
    assert set(resources("AWS::CloudFront::ResponseHeadersPolicy")) == {PAGE, FILES}


@pytest.mark.parametrize("page", [True, False])
def test_headers_are_strict(page: bool) -> None:
    headers = web_headers.for_page() if page else web_headers.for_files()
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", SERVED)
def test_a_path_is_answered_by_its_origin_with_its_headers(path: str) -> None:
    origin, headers, cache = SERVED[path]
    chosen = behaviour(path)
    assert chosen["TargetOriginId"] == origin
    assert chosen.get("ResponseHeadersPolicyId") == (headers and {"Ref": headers})
    assert cache is None or chosen["CachePolicyId"] == {"Ref": cache}
    if origin == "web":
        assert chosen["AllowedMethods"] == ["GET", "HEAD"]
        assert chosen["ViewerProtocolPolicy"] == "redirect-to-https"
        immutable = "immutable" in web_headers.cache_control(path)
        assert immutable == (cache == "WebHashedFilesCache")


@pytest.mark.parametrize("path", [path for path, (origin, *_) in SERVED.items() if origin == "web"])
def test_headers_say_of_a_file_what_it_is(path: str) -> None:
    is_page = PurePosixPath(path).suffix in ("", ".html")
    assert SERVED[path][1] == (PAGE if is_page else FILES)


def test_only_hashed_names_are_kept_without_asking() -> None:
    caches = {
        name: made["Properties"]["CachePolicyConfig"]
        for name, made in resources("AWS::CloudFront::CachePolicy").items()
    }
    assert caches["WebHashedFilesCache"]["DefaultTTL"] == YEAR
    assert caches["WebFilesCache"]["MinTTL"] == caches["WebFilesCache"]["DefaultTTL"] == 0
    for cache in caches.values():
        key: Json = cache["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}, "a session is no business of the bucket's"
    assert str(YEAR) in web_headers.cache_control("/_app/immutable/x.js")
    assert web_headers.cache_control("/service-worker.js") == "no-cache"


# --- routes ---


def rewritten(*paths: str) -> list[str]:
    """What the CloudFront function makes of paths."""
    code = resources("AWS::CloudFront::Function")["WebRoutes"]["Properties"]["FunctionCode"]
    asked = f"{json.dumps(paths)}.map((uri) => handler({{ request: {{ uri }} }}).uri)"
    script = f"{code}\nconsole.log(JSON.stringify({asked}));"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_routes_lead_to_the_one_page_and_files_to_themselves() -> None:
    routes = ("/", "/settings", "/chat/0199c8a5-0000-7000-8000-000000000000", "/a.b/c")
    assert rewritten(*routes) == ["/index.html"] * len(routes)
    files = ["/favicon.svg", "/_app/version.json", "/nowhere.js"]
    assert rewritten(*files) == files


def test_no_error_of_the_api_is_masked_by_the_page() -> None:
    assert "CustomErrorResponses" not in CONFIG
    functions = [each for each in CONFIG["CacheBehaviors"] if each.get("FunctionAssociations")]
    assert functions == []
    (association,) = CONFIG["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association == {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["WebRoutes", "FunctionARN"]}}


# --- the bucket ---


def test_the_bucket_is_read_by_this_distribution_alone() -> None:
    bucket = template()["Resources"]["WebBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    statements: list[Any] = template()["Resources"]["WebBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert {statement["Action"] for statement in allowed} == {"s3:GetObject", "s3:ListBucket"}
    for statement in allowed:
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert "distribution/${Front}" in str(statement["Condition"]["StringEquals"]["AWS:SourceArn"])
    (web,) = [origin for origin in CONFIG["Origins"] if origin["Id"] == "web"]
    assert web["OriginAccessControlId"] == {"Ref": "WebAccess"}
    (access,) = resources("AWS::CloudFront::OriginAccessControl").values()
    assert access["Properties"]["OriginAccessControlConfig"]["SigningBehavior"] == "always"


def test_all_of_it_is_on_aws_alone() -> None:
    named = [*resources("AWS::S3::Bucket").values(), *resources("AWS::S3::BucketPolicy").values()]
    named += [made for made in template()["Resources"].values() if made["Type"].startswith("AWS::CloudFront::")]
    assert len(named) == 9
    assert {made["Condition"] for made in named} == {"IsOnAws"}
