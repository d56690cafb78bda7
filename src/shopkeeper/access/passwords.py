"""Passwords: which are good enough, and how they are kept."""

from __future__ import annotations

import functools
import unicodedata

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from shopkeeper.errors import UsageError

MIN_CHARACTERS = 12
MAX_CHARACTERS = 128
_MIN_DISTINCT = 5

# Cores of the passwords that lead every published list of leaks, once digits and marks at both ends are taken off.
_COMMON = frozenset({
    "password", "passwort", "passw0rd", "p@ssw0rd", "passwordpassword", "qwerty", "qwertyuiop", "qwertyuiopasdf",
    "qwertyqwerty", "asdfghjkl", "asdfghjklzxc", "zxcvbnm", "1q2w3e4r5t6y", "1qaz2wsx3edc", "letmein",
    "letmeinletmein", "welcome", "welcomewelcome", "iloveyou", "iloveyouiloveyou", "administrator", "adminadmin",
    "admin", "changeme", "changemechangeme", "trustno1", "football", "baseball", "sunshine", "princess", "monkey",
    "dragon", "superman", "batman", "master", "woaini", "woaini1314", "5201314", "shopkeeper", "zhanggui", "taobao",
    "alibaba", "secret", "default", "testtesttest", "test",
})  # fmt: skip
_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def check_password(password: str, *, name: str) -> str:
    """The password as it will be hashed (NFKC, so that two keyboards agree). Raises UsageError when too easy to guess.

    No rule about kinds of characters and no forced change: they make people choose worse.
    Source: OWASP ASVS 4.0.3 §2.1 (length 12 to 128, list of common ones); NIST SP 800-63B §5.1.1.2.
    """
    normal = unicodedata.normalize("NFKC", password)
    folded = normal.casefold()
    fault = ""
    if not MIN_CHARACTERS <= len(normal) <= MAX_CHARACTERS:
        fault = f"{len(normal)} characters"
    elif name.casefold() in folded and len(folded) - len(name) < MIN_CHARACTERS:
        fault = "the login name with little else"
    elif len(set(folded)) < _MIN_DISTINCT:
        fault = "the same few characters again and again"
    elif _core(folded) in _COMMON or any(folded in run or folded in run[::-1] for run in _RUNS):
        fault = "one of the first that are guessed"
    if fault:
        raise UsageError(
            "this password is refused",
            received=fault,  # never the password itself: messages reach logs
            allowed=f"{MIN_CHARACTERS} to {MAX_CHARACTERS} characters that are hard to guess; four random words do",
            state="nothing was changed",
        )
    return normal


def _core(folded: str) -> str:
    """What is left of a password without the digits and marks people add to please a rule."""
    core = folded.strip("0123456789!@#$%^&*()-_=+.,?~ ")
    return core or folded


PROFILE = profiles.RFC_9106_LOW_MEMORY
"""argon2id with 3 passes over 64 MiB on 4 lanes: about 0.1 s.

Source: RFC 9106 §4, second recommended option; above the minimum of the OWASP password storage cheat sheet.
"""


def hasher() -> PasswordHasher:
    """What hashes and verifies, with the parameters of `PROFILE`."""
    return PasswordHasher.from_parameters(PROFILE)


def hash_password(password: str) -> str:
    """The argon2id hash of a checked password, with its parameters and a random salt inside."""
    return hasher().hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Whether a password is the one that was hashed. Takes as long for a wrong one as for a right one."""
    try:
        return hasher().verify(stored, unicodedata.normalize("NFKC", password))
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def decoy_hash() -> str:
    """A hash to check against when nobody has the name, so that the delay does not tell which names exist."""
    return hash_password("nobody has this password")
