"""Reading our own Markdown: the documents, their fenced shell blocks, and their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.files import ROOT, project_files

_BLOCK = re.compile(
    r"(?:^<!--\s*(?P<note>.*?)\s*-->[ \t]*\n\s*)?^(?P<indent>[ \t]*)```(?P<language>sh|bash|shell|console)[ \t]*\n"
    r"(?P<body>.*?)^(?P=indent)```",
    re.DOTALL | re.MULTILINE,
)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|<img[^>]*\ssrc=\"([^\"]+)\"")
_FENCED = re.compile(r"^[ \t]*```.*?^[ \t]*```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class ShellBlock:
    """One fenced shell block. `note` is the HTML comment just before it: how the block is to be treated."""

    line: int
    note: str
    body: str

    @property
    def runs(self) -> bool:
        """Whether the comment says `run`."""
        return self.note.split(maxsplit=1)[:1] == ["run"]

    @property
    def reason_not_to_run(self) -> str:
        """What follows `not run:` in the comment."""
        return self.note.removeprefix("not run:").strip() if self.note.startswith("not run:") else ""

    @property
    def script(self) -> str:
        """The block's commands, after those that its comment prepares unseen."""
        prepared = self.note.split("\n", 1)[1] if "\n" in self.note else ""
        shown = "\n".join(line.removeprefix("$ ") for line in self.body.splitlines())
        return f"{prepared}\n{shown}\n"


def shell_blocks(markdown: str) -> list[ShellBlock]:
    """All shell blocks of a document, in order."""
    return [
        ShellBlock(markdown.count("\n", 0, found.start("language")) + 1, found["note"] or "", found["body"])
        for found in _BLOCK.finditer(markdown)
    ]


def local_links(markdown: str) -> list[str]:
    """Targets of links and pictures that should be files of the project, without their #fragment."""
    found = (plain or picture for plain, picture in _LINK.findall(_FENCED.sub("", markdown)))
    paths = (target.split("#")[0] for target in found if not re.match(r"[a-z]+:", target))
    return [path for path in paths if path]


def documents() -> list[Path]:
    """Every Markdown file of the project that a reader may open."""
    return [path for path in project_files() if path.suffix == ".md" and not path.is_relative_to(ROOT / "tests")]


def all_documentation() -> str:
    """The text of every document, for asking whether something is mentioned anywhere."""
    return "\n".join(path.read_text(encoding="utf-8") for path in documents())
