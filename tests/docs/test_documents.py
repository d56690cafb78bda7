"""What the documents tell a reader to type works.

Each fenced `sh` block of README.md and of the documents in docs/ has an HTML comment just before it:

- `<!-- run -->`: the test runs it. The blocks of one document run in order, as one script, in one new folder, with
  `shopkeeper` on the PATH and the checkout's path in `$REPO`. Further lines of the comment run first, unseen by
  readers.
- `<!-- not run: REASON -->`: it is not run (it serves for ever, or needs a network). Its `make` targets must exist, and
  so must its `shopkeeper` commands.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.files import ROOT, shown
from tests.docs.documents import documents, local_links, shell_blocks
from tools.reference_docs import command_tree, commands

SECONDS = 240
RUNNABLE = [path for path in documents() if any(b.runs for b in shell_blocks(path.read_text(encoding="utf-8")))]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_readme_has_commands_that_run() -> None:
    assert ROOT / "README.md" in RUNNABLE


@pytest.mark.parametrize("path", RUNNABLE, ids=shown)
def test_the_commands_of_a_document_run(path: Path, tmp_path: Path) -> None:
    script = "".join(
        f"echo '--- {shown(path)}:{block.line}'\n{block.script}"
        for block in shell_blocks(path.read_text(encoding="utf-8"))
        if block.runs
    )
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}", "REPO": str(ROOT)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_shell_block_says_whether_it_runs(path: Path) -> None:
    blocks = shell_blocks(path.read_text(encoding="utf-8"))
    assert [f"{shown(path)}:{block.line}" for block in blocks if not (block.runs or block.reason_not_to_run)] == []


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_make_target_that_is_mentioned_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    quoted = re.findall(r"`make ([a-z]+)", text)
    typed = [
        name
        for block in shell_blocks(text)
        for name in re.findall(r"^\s*\$?\s*make ([a-z]+)", block.body, re.MULTILINE)
    ]
    assert sorted({*quoted, *typed} - make_targets()) == []


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_shopkeeper_command_that_is_typed_exists(path: Path) -> None:
    known = {name.split()[1] for name, _ in commands(command_tree()) if " " in name}
    typed = [
        name
        for block in shell_blocks(path.read_text(encoding="utf-8"))
        for name in re.findall(r"\bshopkeeper(?: -C \S+)? ([a-z]+)\b", block.body)
    ]
    assert sorted(set(typed) - known) == []


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = local_links(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


# --- the reading of Markdown itself -----------------------------------------------------------------------------------

EXAMPLE = """
<!-- run
cp "$REPO/a.csv" .
-->
```sh
$ shopkeeper init shop
```
<!-- not run: it serves for ever -->
```sh
make demo
```

```bash
ls
```
[a](docs/a.md#part) ![b](b.png) [c](https://example.com) [d](#here) <img alt="e" src="e.png">
```text
[no](no.md)
```
"""


def test_shell_blocks_are_read_with_their_comment() -> None:
    first, second, third = shell_blocks(EXAMPLE)
    assert first.runs
    assert first.script.splitlines() == ['cp "$REPO/a.csv" .', "shopkeeper init shop"]
    assert (second.runs, second.reason_not_to_run) == (False, "it serves for ever")
    assert (third.runs, third.reason_not_to_run, third.line) == (False, "", 13)


def test_local_links_are_read_without_addresses_fragments_and_code() -> None:
    assert local_links(EXAMPLE) == ["docs/a.md", "b.png", "e.png"]
