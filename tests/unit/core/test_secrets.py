"""Secrets come from the environment or from a file that nobody else may read; an error never tells one."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.core.credentials import revealed
from shopkeeper.errors import ConfigError


def test_a_secret_is_read_from_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSH", "in the air")
    assert revealed("env:HUSH", where="here", folder=tmp_path) == "in the air"
    file = tmp_path / "hush"
    file.write_text("in a file\n")
    file.chmod(0o600)
    assert revealed("file:hush", where="here", folder=tmp_path) == "in a file"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "hush"
    file.write_text("opensesame")
    file.chmod(mode)
    with pytest.raises(ConfigError, match="0600") as told:
        revealed("file:hush", where="here", folder=tmp_path)
    assert "opensesame" not in told.value.message()


@pytest.mark.parametrize("named", ["env:NOT_THERE_AT_ALL", "file:nowhere", "plain words"])
def test_a_secret_that_is_not_there_is_told_without_its_value(tmp_path: Path, named: str) -> None:
    with pytest.raises(ConfigError) as told:
        revealed(named, where="here", folder=tmp_path)
    assert "plain words" not in told.value.message()
