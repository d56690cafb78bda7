from __future__ import annotations

import pytest

from shopkeeper.access.csrf import check_csrf, csrf_token
from shopkeeper.errors import AccessDenied


def test_a_page_s_token_is_taken_and_every_page_has_another() -> None:
    first, second = csrf_token("alice's session"), csrf_token("alice's session")
    assert first != second
    check_csrf("alice's session", first)
    check_csrf("alice's session", second)


@pytest.mark.parametrize("received", [None, "", ".", "abc", "a.b.c", "ü.ü", "\ud800"])
def test_no_token_or_nonsense_is_refused(received: str | None) -> None:
    with pytest.raises(AccessDenied):
        check_csrf("alice's session", received)


def test_charlie_cannot_use_his_own_token_on_alice() -> None:
    with pytest.raises(AccessDenied):
        check_csrf("alice's session", csrf_token("charlie's session"))


def test_a_token_made_without_a_session_proves_nothing() -> None:
    with pytest.raises(AccessDenied):
        check_csrf("", csrf_token(""))


def test_a_changed_salt_or_proof_is_refused() -> None:
    salt, proof = csrf_token("alice's session").split(".")
    for forged in (f"{salt[:-1]}x.{proof}", f"{salt}.{proof[:-1]}x", f"{salt}{proof}"):
        with pytest.raises(AccessDenied):
            check_csrf("alice's session", forged)
