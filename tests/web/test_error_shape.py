"""Every error of the API is `{"error": {"code", "failed", …}}`, wherever it comes from.

Keys besides `code` are the parts of a message, in reading order: failed, where, received, allowed, state, next.
"""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.web.conftest import GuardedShop

PARTS = ["code", "failed", "where", "received", "allowed", "state", "next"]


def checked(answer) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """The error of an answer, its shape verified."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert [key for key in PARTS if key in body["error"]] == list(body["error"])
    assert body["error"]["failed"]
    return body["error"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v2/kpis", 404, "not_found"),
        ("POST", "/api/v1/kpis", 405, "usage"),
        ("GET", "/api/v1/kpis/C44", 404, "not_found"),
        ("GET", "/api/v1/kpis?kpi=C44", 404, "not_found"),
        ("GET", "/api/v1/kpis?from=soon", 400, "usage"),
        ("GET", "/api/v1/kpis?from=2017-12&to=2017-01", 400, "usage"),
        ("GET", "/api/v1/kpis?by=colour", 404, "not_found"),
        ("GET", "/api/v1/kpis?filter=category", 400, "usage"),
        ("GET", "/api/v1/kpis?period=fortnight", 422, "usage"),
        ("GET", "/api/v1/kpis?shop=other", 404, "not_found"),
        ("GET", "/api/v1/overview?at=2031-01", 400, "usage"),
        ("GET", "/api/v1/overview?nonsense=1", 400, "usage"),
        ("GET", "/api/v1/overview?period=week&at=2017-W99", 400, "usage"),
    ],
)
def test_a_wrong_request_has_the_one_shape(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert checked(answer)["code"] == code


def test_a_foreign_host_has_the_one_shape(client: TestClient) -> None:
    answer = client.get("/api/v1/health", headers={"Host": "shop.attacker.example"})
    assert answer.status_code == 400
    assert checked(answer)["received"] == "shop.attacker.example"


def test_not_signed_in_has_the_one_shape_and_says_how(guarded: GuardedShop) -> None:
    answer = guarded.visitor().get("/api/v1/kpis")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert checked(answer)["code"] == "not_signed_in"


def test_no_role_has_the_one_shape(guarded: GuardedShop) -> None:
    answer = guarded.signed_in("charlie").get("/api/v1/kpis")
    assert answer.status_code == 403
    assert checked(answer)["code"] == "access_denied"


def test_our_own_failure_has_the_one_shape_and_tells_nothing_secret(
    little_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("shopkeeper.web.api.matrix_for", broken)
    answer = TestClient(little_app, base_url="http://127.0.0.1", raise_server_exceptions=False).get("/api/v1/kpis")
    assert answer.status_code == 500
    error = checked(answer)
    assert error["code"] == "internal"
    assert "hunter2" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_person_gets_a_page_instead(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
