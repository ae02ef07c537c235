"""The front: one origin for the REST API, mails and files, for this host only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.fixture
def browser(probe: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://localhost:{probe.cloud.settings.front_port}", trust_env=False) as client:
        yield client


def test_a_request_reaches_the_rest_api_whole(browser: httpx.Client) -> None:
    headers = {"Cookie": "session=1", "X-Forwarded-For": "6.6.6.6", "Content-Type": "application/json"}
    answer = browser.post("/api/echo/ada?q=a%26b", headers=headers, content='{"x": 1}')
    assert answer.json() == {
        "name": "ada",
        "method": "POST",
        "query": {"q": "a&b"},
        "cookie": "session=1",
        "source_ip": "127.0.0.1",
        "forwarded": "127.0.0.1",
        "body": '{"x": 1}',
    }
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]


def test_the_apis_own_errors_pass_through(browser: httpx.Client) -> None:
    assert browser.get("/api/missing").status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/nowhere"), ("DELETE", "/api/echo/ada")])
def test_the_gateways_own_errors_are_as_the_template_says(browser: httpx.Client, method: str, path: str) -> None:
    answer = browser.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"code": "not_found", "request_id": answer.headers["x-amzn-requestid"]}


def test_mails_are_shown_newest_first(probe: Any, browser: httpx.Client) -> None:
    ses = probe.client("sesv2")
    ses.create_email_identity(EmailIdentity="hello@example.org")
    for number in ("one", "two"):
        content = {"Subject": {"Data": f"code {number}"}, "Body": {"Text": {"Data": f"Your code is {number}"}}}
        ses.send_email(
            FromEmailAddress="hello@example.org",
            Destination={"ToAddresses": ["ada@example.org"]},
            Content={"Simple": content},
        )
    mails = browser.get("/mail").json()
    assert [mail["subject"] for mail in mails[:2]] == ["code two", "code one"]
    assert mails[0]["to"] == ["ada@example.org"]
    assert mails[0]["text"] == "Your code is two"
    assert mails[0]["from"] == "hello@example.org"
    read = browser.get("/mail", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert read.headers["content-type"] == "text/plain; charset=utf-8"
    first, second, *_ = read.text.split("-" * 72)
    words = "From: hello@example.org To: ada@example.org Subject: code two Your code is two"
    assert " ".join(first.split()) == words
    assert "Your code is one" in second


def test_a_foreign_host_name_is_refused(browser: httpx.Client) -> None:
    for path in ("/mail", "/api/missing", "/"):
        assert browser.get(path, headers={"Host": "attacker.example"}).status_code == 421


def test_the_emulators_administration_is_closed(probe: Any) -> None:
    answer = httpx.post(f"{probe.cloud.settings.endpoint}/_ministack/reset", trust_env=False)
    assert answer.status_code == 403


def test_a_signpost_stands_where_no_web_app_is(browser: httpx.Client) -> None:
    assert "/mail" in browser.get("/").text
    assert browser.get("/other").status_code == 404


def test_a_web_app_is_served_from_its_folder_only(make_cloud: Any, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>home</h1>")
    (site / "app.js").write_text("1")
    (site / "_app" / "immutable").mkdir(parents=True)
    (site / "_app" / "immutable" / "a.1234.js").write_text("let a = 1;" * 100)
    (tmp_path / "secret.txt").write_text("secret")
    cloud = make_cloud(static_dir=site)
    with httpx.Client(base_url=f"http://localhost:{cloud.settings.front_port}", trust_env=False) as browser:
        assert browser.get("/").text == "<h1>home</h1>"
        assert browser.get("/chats/1").text == "<h1>home</h1>"
        assert browser.get("/app.js").headers["content-type"].startswith("text/javascript")
        assert browser.get("/missing.js").status_code == 404
        assert browser.get("/..%2fsecret.txt").status_code == 404
        assert browser.get("/api/x").status_code == 503
        page, script = browser.get("/chat/1"), browser.get("/_app/immutable/a.1234.js")
    assert page.headers["cache-control"] == "no-cache"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-security-policy"].startswith("default-src 'none'")
    assert script.headers["content-encoding"] == "gzip"
    assert script.text == "let a = 1;" * 100
    for answer in (page, script):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
