from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters, profiles
from argon2.low_level import Type

from shopkeeper.access import passwords
from shopkeeper.access.passwords import check_password, hash_password, password_matches
from shopkeeper.errors import UsageError


@pytest.mark.parametrize(
    "password",
    [
        "short one",
        "elevenchars",
        "x" * 129,
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "123456789012",
        "abcdefghijklmnop",
        "qwertyuiopasdfgh",
        "Password123456!",
        "ADMIN1234567890",
        "!!taobao2024!!!",
        "alice1234567",
    ],
)
def test_a_password_that_is_guessed_early_is_refused_without_repeating_it(password: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_password(password, name="alice")
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    ["four random words do", "掌柜每天早上先看库存和退款", "alice likes 7 green teapots", "x7#" * 3 + "Qm2v"],
)
def test_a_long_password_of_any_script_is_taken(password: str) -> None:
    assert check_password(password, name="alice") == password


def test_two_keyboards_that_encode_one_password_differently_agree() -> None:
    stored = hash_password(check_password("café au lait nº four", name="alice"))
    assert password_matches(stored, "cafe\u0301 au lait n\u00ba four")
    assert not password_matches(stored, "cafe au lait no four")


def test_hashes_are_argon2id_at_the_strength_of_rfc_9106(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    found = extract_parameters(hash_password("four random words do"))
    assert passwords.PROFILE == profiles.RFC_9106_LOW_MEMORY
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, 3, 64 * 1024, 4)


def test_a_stored_hash_that_is_no_hash_matches_nothing() -> None:
    assert not password_matches("plain text", "plain text")
    assert not password_matches("", "")


def test_one_password_hashes_differently_each_time() -> None:
    assert hash_password("four random words do") != hash_password("four random words do")
    assert isinstance(passwords.hasher(), PasswordHasher)
