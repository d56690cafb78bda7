"""The house rules as pure functions: source text in, complaints out. An empty list means the rule holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

# The rooms in the order in which data flows. A room imports only rooms above it; see docs/decisions.
ROOMS = (
    "errors", "core", "methods", "render", "state", "access", "jobs", "notify", "warehouse", "quality", "ingest",
    "customers", "kpi", "experiments", "insight", "ledger", "procedures", "watch", "goals", "decisions", "actions",
    "programme", "views", "web", "cli",
)  # fmt: skip
# The twin knows only these, and only the command line knows the twin.
TWIN_MAY_IMPORT = {"errors", "core"}
TWIN_IMPORTED_BY = {"cli"}
ENTRY_POINTS = {"__main__": {"cli"}, "__init__": set[str]()}

MAX_FILE_LINES = 700
MAX_FUNCTION_LINES = 60
MAX_DEPTH = 3
VAGUE_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}


# --- imports ----------------------------------------------------------------------------------------------------------


def room_of(module: str) -> str:
    """The room of a dotted module name: 'shopkeeper.kpi.matrix' → 'kpi'; the package itself → '__init__'."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported_modules(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Every shopkeeper module that this one imports, at its top, inside functions, by name or for types only."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            head = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*head, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "shopkeeper" else [base]
        elif isinstance(node, ast.Call) and _called(node) == "import_module":
            names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "shopkeeper")


def wrong_imports(source: str, module: str, is_package: bool) -> list[str]:
    """Imports that run against the flow of the house."""
    room = room_of(module)
    if room not in ROOMS and room != "twin" and room not in ENTRY_POINTS:
        return [f"{module}: the room '{room}' is not in the list of rooms"]
    complaints = []
    for line, name in imported_modules(source, module, is_package):
        other = room_of(name)
        # `from shopkeeper import __version__` names an attribute, not a room.
        if other != room and not other.startswith("__") and not _may_import(room, other):
            complaints.append(f"{module}:{line}: {room} must not import {other}")
    return complaints


def _may_import(room: str, other: str) -> bool:
    if room in ENTRY_POINTS:
        return other in ENTRY_POINTS[room]
    if room == "twin":
        return other in TWIN_MAY_IMPORT
    if other == "twin":
        return room in TWIN_IMPORTED_BY
    return other in ROOMS and ROOMS.index(other) < ROOMS.index(room)


def _called(node: ast.Call) -> str:
    """The last part of what is called: `a.b.word(…)` → 'word'."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


# --- sizes and names --------------------------------------------------------------------------------------------------


def long_file(path: str, text: str) -> list[str]:
    """Files with more lines than a person reads in one sitting."""
    lines = text.count("\n") + (not text.endswith("\n"))
    return [f"{path}: {lines} lines, the ceiling is {MAX_FILE_LINES}"] if lines > MAX_FILE_LINES else []


def long_functions(path: str, source: str) -> list[str]:
    """Functions with too many lines, their docstrings not counted."""
    complaints = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                docstring = node.body[0]
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                complaints.append(f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {MAX_FUNCTION_LINES}")
    return complaints


def deep_folder(path: str) -> list[str]:
    """Paths, relative to the package, that lie in too many folders."""
    depth = len(PurePosixPath(path).parts) - 1
    return [f"{path}: {depth} folders deep, at most {MAX_DEPTH}"] if depth > MAX_DEPTH else []


def vague_name(path: str) -> list[str]:
    """Names that say nothing about what is inside."""
    words = {word for part in PurePosixPath(path).parts for word in re.split(r"[._-]", part.lower())}
    return [f"{path}: '{word}' does not say what is inside" for word in sorted(words & VAGUE_NAMES)]


# --- exported names ---------------------------------------------------------------------------------------------------


def wrong_exports(source: str, module: str, is_package: bool) -> list[str]:
    """Where `__all__` is declared: names it lists that do not exist, and public names it forgets.

    A module's public names are those it defines; a package's are also those it takes from inside itself.
    """
    tree = ast.parse(source)
    declared: list[str] | None = None
    bound: set[str] = set()
    own: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if "__all__" in names and node.value is not None:
                declared = list(ast.literal_eval(node.value))
            own |= names - {"__all__"}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.asname or alias.name.split(".")[0] for alias in node.names}
            bound |= names
            origin = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if is_package and isinstance(node, ast.ImportFrom) and (node.level or origin.startswith(f"{module}.")):
                own |= names
    if declared is None:
        return []
    public = {name for name in own if not name.startswith("_")}
    return [
        *(f"{module}: __all__ lists {name}, which does not exist" for name in declared if name not in own | bound),
        *(f"{module}: __all__ forgets {name}" for name in sorted(public - set(declared))),
    ]


# --- wording ----------------------------------------------------------------------------------------------------------

_WORD_CALLS = {"word", "has_word"}
_TEMPLATE_CALL = re.compile(r"""\b(?:word|has_word|t)\(\s*["']([^"'{}]+)["']\s*(~?)""")
_QUOTED = re.compile(r"""["']([a-z0-9_]+(?:\.[a-z0-9_]+)+)["']""")


def words_in_python(source: str) -> tuple[set[str], set[str], set[str]]:
    """A module's strings: (all literals, keys given to `word`, beginnings that are completed at run time)."""
    literals: set[str] = set()
    keys: set[str] = set()
    prefixes: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literals.add(node.value)
        if isinstance(node, ast.Call) and _called(node) in _WORD_CALLS and node.args:
            for choice in _choices(node.args[0]):
                if isinstance(choice, ast.Constant) and isinstance(choice.value, str):
                    keys.add(choice.value)
                elif (prefix := _constant_head(choice)) is not None:
                    prefixes.add(prefix)
    return literals, keys, prefixes


def words_in_template(text: str) -> tuple[set[str], set[str], set[str]]:
    """The same three sets for a Jinja template, where `word("kpi." ~ id)` completes a prefix."""
    calls = _TEMPLATE_CALL.findall(text)
    return (
        set(_QUOTED.findall(text)),
        {key for key, joined in calls if not joined},
        {key for key, joined in calls if joined},
    )


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    """Both arms of a conditional expression, or the expression itself."""
    if isinstance(node, ast.IfExp):
        yield from _choices(node.body)
        yield from _choices(node.orelse)
    else:
        yield node


def _constant_head(node: ast.expr) -> str | None:
    """What an f-string or a `"…" + x` begins with; '' when it begins with a value; None for a plain variable."""
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return node.left.value if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str) else ""
    return None


def wrong_texts(catalogue: Mapping[str, Mapping[str, str]], languages: Iterable[str]) -> list[str]:
    """Keys that lack a language, are empty in one, or take other placeholders in one than in the other."""
    complaints = []
    expected = set(languages)
    for key, texts in catalogue.items():
        if set(texts) != expected or not all(text.strip() for text in texts.values()):
            complaints.append(f"{key}: needs a text in each of {', '.join(sorted(expected))}")
        elif len({frozenset(re.findall(r"{(\w+)", text)) for text in texts.values()}) > 1:
            complaints.append(f"{key}: the languages take different placeholders")
    return complaints


# --- pages ------------------------------------------------------------------------------------------------------------

_INLINE = re.compile(
    r"""\s(style\s*=|on[a-z]+\s*=\s*["']|hx-on[:-])|(<style(?=[\s>]))|(<script(?![^>]*\b(?:src|type="application/json")))|(javascript:)""",
    re.IGNORECASE,
)
_EXTERNAL = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)(?:[a-z0-9-]+\.)+[a-z]{2,}""", re.IGNORECASE)
_TEMPLATE_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)


def inline_code(path: str, text: str) -> list[str]:
    """Styles, scripts and handlers written into markup: the Content-Security-Policy would block them."""
    text = _TEMPLATE_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    return [f"{path}:{_line(text, found)}: inline '{found[0].strip()}'" for found in _INLINE.finditer(text)]


def inline_code_in_python(path: str, source: str) -> list[str]:
    """The same, in strings of a module that look like markup; docstrings may quote what they forbid."""
    complaints = []
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(p.value if isinstance(p, ast.Constant) and isinstance(p.value, str) else "" for p in parts)
        if text.lstrip().startswith("<") or re.search(r"</\w|/>", text):
            complaints += [f"{path}:{getattr(node, 'lineno', 0)}: {c.split(': ')[1]}" for c in inline_code(path, text)]
    return sorted(set(complaints))


def external_addresses(path: str, text: str) -> list[str]:
    """Addresses outside the product's own server; XML namespaces are names, not addresses."""
    return [f"{path}:{_line(text, found)}: external '{found[0]}'" for found in _EXTERNAL.finditer(text)]


def _line(text: str, found: re.Match[str]) -> int:
    return text.count("\n", 0, found.start()) + 1


# --- what must stay on the developer's machine ------------------------------------------------------------------------

# Written in pieces, so that this file does not complain about itself.
_LEAKS = re.compile(
    "|".join(
        (
            r"(?<![\w.$}])/(?:work|farm|root)/" + r"[\w.]",
            r"/home/" + r"(?!user\b|you\b)\w+/",
            r"/tmp/" + r"x/",
            r"/opt/" + r"pypi",
            r"pypi\." + r"org|files\.python" + r"hosted|test\." + r"pypi",
            r"registry\.npm" + r"js|npm" + r"mirror|deb\." + r"debian\.org",
            r"--(?:extra-)?index" + r"-url|--find" + r"-links",
            r'"resol' + r'ved":',
        )
    )
)


def leaks(path: str, text: str) -> list[str]:
    """Paths of one machine and addresses of registries."""
    return [f"{path}:{_line(text, found)}: '{found[0]}'" for found in _LEAKS.finditer(text)]
