"""A stand-alone script that makes one call again, with nothing but NumPy and the library.

The call's operation is cut out of the library's folder together with the helpers and imports that it uses, so that what a
reader pastes into a bug report is the very code that was run.
"""

from __future__ import annotations

import ast
import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ...reference import libraries
from ...reference.operators import catalogue
from ..language.outcome import Call

IN_FULL = 128
"""Arrays up to this many elements are written out; larger ones are packed, so that the script stays one screen."""
AT_MOST = 20_000


def snippet(call: Call, wanted: Any, backend: str, *, shape: tuple[int, ...] | None = None) -> str | None:
    """The script, which prints what it got beside ``wanted``, or its shape beside ``shape`` where that was the question.

    None where the call is not one operation of a library or its arrays would fill pages.
    """
    if callable(call.operation) or call.mutant is not None:
        return None
    arrays = [a for a in (*call.arguments.values(), wanted) if isinstance(a, np.ndarray)]
    if sum(a.size for a in arrays) > AT_MOST:
        return None
    path = libraries.source_file(backend)
    code = _closure(path, call.operation) or _whole(path, call.operation)
    if code is None:
        return None
    packed = any(a.size > IN_FULL for a in arrays)
    lines = [*code[0], *(["import base64, zlib"] if packed else [])]
    if any(a.dtype.name == "bfloat16" for a in arrays) and "import ml_dtypes" not in lines:
        lines.append("import ml_dtypes")
    if not any(line.startswith("import numpy") for line in lines):
        lines.insert(0, "import numpy as np")
    lines += [line for definition in code[1] for line in ("", "", definition)] + ["", ""]
    lines += [f"{name} = {_literal(value)}" for name, value in call.arguments.items()]
    passed = ", ".join(f"{name}={name}" for name in call.arguments)
    lines.append(f"got = {call.operation}({passed})")
    if wanted is not None:
        lines += [f"wanted = {_literal(np.asarray(wanted))}", 'print("got   ", got)', 'print("wanted", wanted)']
        if isinstance(wanted, np.ndarray):
            lines.append('print("equal ", np.shape(got) == wanted.shape and np.array_equal(got, wanted))')
    elif shape is not None:
        lines.append(f'print("shape", np.shape(got), "wanted", {shape})')
    else:
        lines.append('print("got", got)')
    return "\n".join(lines) + "\n"


def names_in(path: Path) -> frozenset[str]:
    """The public names that a file defines or takes from another, without running it; none of one that is no Python."""
    try:
        defined, imported = _named(ast.parse(path.read_text(encoding="utf-8")))
    except (SyntaxError, ValueError):
        return frozenset()
    taken = [name for name, node in imported.items() if isinstance(node, ast.ImportFrom)]
    return frozenset(name for name in (*defined, *taken) if not name.startswith("_"))


def _literal(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    # bfloat16 is no name of NumPy's; its numbers are float32 numbers, exactly.
    dtype = f"ml_dtypes.{value.dtype}" if value.dtype.name == "bfloat16" else f"np.{value.dtype}"
    plain = value.astype(np.float32) if value.dtype.name == "bfloat16" else value
    if value.size <= IN_FULL:
        body = np.array2string(plain, separator=", ", threshold=IN_FULL + 1, floatmode="unique", max_line_width=110)
        body = body.replace("nan", "np.nan").replace("inf", "np.inf")
        text = f"np.array({' '.join(body.split())}, dtype={dtype})"
        return text if value.size else f"np.zeros({value.shape}, dtype={dtype})"
    data = base64.b64encode(zlib.compress(value.tobytes(), 9)).decode()
    return f'np.frombuffer(zlib.decompress(base64.b64decode("{data}")), {dtype}).reshape({value.shape})'


def _closure(path: Path, name: str) -> tuple[list[str], list[str]] | None:
    """The imports and the definitions that ``name`` needs, in the order of the file; relative imports are followed."""
    source = path.read_text(encoding="utf-8")
    defined, imported = _named(ast.parse(source))
    if name not in defined and name not in imported:
        return None
    wanted, seen = [name], set()
    imports: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    while wanted:
        current = wanted.pop()
        if current in seen:
            continue
        seen.add(current)
        if current in defined:
            wanted += sorted({n.id for n in ast.walk(defined[current]) if isinstance(n, ast.Name)})
        elif current in imported:
            node = imported[current]
            if isinstance(node, ast.ImportFrom) and node.level:
                inner = _relative(path, node, current)
                if inner is None:
                    return None
                imports.update(dict.fromkeys(inner[0]))
                elsewhere.update(dict.fromkeys(inner[1]))
            elif not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                imports[ast.unparse(node)] = None
    own = dict.fromkeys(node for key, node in defined.items() if key in seen)
    here = [_bare(source, node) for node in own]
    return sorted(imports), [*elsewhere, *here]


def _bare(source: str, node: ast.stmt) -> str:
    """The definition without its docstring and comments: a snippet is short, and what it is a part of stands in the library's file."""
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return ast.get_source_segment(source, node) or ""
    if ast.get_docstring(node):
        node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(node)


def _named(tree: ast.Module) -> tuple[dict[str, ast.stmt], dict[str, ast.stmt]]:
    """What a file defines and what it imports, each by its name."""
    defined: dict[str, ast.stmt] = {}
    imported: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined[node.name] = node
        elif isinstance(node, ast.Assign):  # a, b = … defines both
            names = (n for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name))
            defined |= {name.id: node for name in names if isinstance(name.ctx, ast.Store)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).split(".")[0]: node for alias in node.names}
    return defined, imported


def _whole(path: Path, name: str) -> tuple[list[str], list[str]] | None:
    """Where it cannot be cut out (the reference's own operators, which check what they are given): import it from here."""
    if path != libraries.source_file(libraries.REFERENCE) or name not in catalogue.OPERATIONS:
        return None
    return [f"from {catalogue.OPERATIONS[name].function.__module__} import {name}"], []


def _relative(path: Path, node: ast.ImportFrom, name: str) -> tuple[list[str], list[str]] | None:
    """Follow ``from ..operators.relu import relu`` to the file that defines the name."""
    target = path.parents[node.level - 1].joinpath(*node.module.split(".") if node.module else ())
    original = next((a.name for a in node.names if (a.asname or a.name) == name), name)
    file = target.with_suffix(".py") if target.with_suffix(".py").is_file() else target / "__init__.py"
    return _closure(file, original) if file.is_file() else None
