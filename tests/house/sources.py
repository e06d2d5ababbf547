"""The sources as data, for the tests of this folder: which there are, what they import, what they call."""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("reference", "claims", "reports")
"""From the ground floor up: each imports from itself and from those before it."""
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))


@functools.cache
def imports(path, root=ROOT):
    """(line, absolute name of what is imported, whether at import time) of a source; relative imports are resolved."""
    return tuple(_imports(path, root))


def _imports(path, root):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    here = ("lectureclaims", *path.relative_to(root).parent.parts)
    lazy = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.Lambda) for n in ast.walk(f)}
    lazy |= {
        id(n)
        for i in ast.walk(tree)
        if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.unparse(i.test)
        for n in ast.walk(i)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else ()
            base = ".".join((*above, *(node.module or "").split("."))).strip(".")
            names = [f"{base}.{a.name}" for a in node.names]
        else:
            continue
        for name in names:
            yield node.lineno, name, id(node) not in lazy


def where(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def called(node):
    """The last name of what a call calls."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))
