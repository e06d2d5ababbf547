"""Who imports whom, read off the source."""

import ast
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from lectureclaims.claims import contents
from sources import FLOORS, ROOT, SOURCES, imports, where

LIBRARIES = ("torch", "tensorflow", "keras")
HEAVY = (*LIBRARIES, "sklearn", "matplotlib")


def test_the_sources_are_found():
    """The tests below read every source: an empty list would pass them all."""
    assert len(SOURCES) > 50
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(FLOORS)
    assert any(
        name == "lectureclaims.reference.bounds" for _, name, _ in imports(ROOT / "claims/lecture/tensors/layouts.py")
    )


def test_imports_point_only_downwards():
    wrong = []
    for path in SOURCES:
        floor = FLOORS.index(path.relative_to(ROOT).parts[0])
        for line, name, _ in imports(path):
            top, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            if top in FLOORS or (top == "lectureclaims" and (room not in FLOORS or FLOORS.index(room) > floor)):
                wrong.append(f"{where(path, line)} imports {name}")
    assert wrong == []


def test_inside_the_package_imports_are_relative():
    """So that no module can be loaded twice, under two names."""
    absolute = [
        where(path, node.lineno)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith("lectureclaims"))
        or (isinstance(node, ast.Import) and any(a.name.startswith("lectureclaims") for a in node.names))
    ]
    assert absolute == []


def test_only_its_own_folder_imports_a_framework():
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in SOURCES
        for line, name, _ in imports(path)
        if (library := name.partition(".")[0]) in LIBRARIES
        and path.relative_to(ROOT).as_posix()
        not in (f"reference/libraries/{owner(library)}/{part}.py" for part in ("operations", "defaults", "training"))
    ]
    assert wrong == []


def owner(library):
    return "tensorflow" if library == "keras" else library


def test_scikit_learn_is_imported_only_for_its_data_and_matplotlib_only_where_it_draws_or_decodes():
    for path, (line, name, eager) in itertools.chain.from_iterable(((p, i) for i in imports(p)) for p in SOURCES):
        room = path.relative_to(ROOT).as_posix()
        match name.partition(".")[0]:
            case "sklearn":
                assert room == "reference/samples/data.py" and not eager, where(path, line)
            case "matplotlib" if room != "reference/libraries/matplotlib/operations.py":
                assert room.startswith("reports/") and not eager, where(path, line)


def test_only_a_decoder_imports_what_reads_pictures():
    wrong = [
        f"{where(path, line)} imports {name}"
        for path in SOURCES
        for line, name, _ in imports(path)
        if name.partition(".")[0] in ("PIL", "cv2") and path.parent.parent != ROOT / "reference/libraries"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "module, without",
    [
        ("claims.engine.verification", HEAVY),
        ("reports.front.cli", HEAVY),
        ("reports.formats", HEAVY),
        ("reports.front.pytest_plugin", (*HEAVY, "numpy", "scipy")),
    ],
)
def test_nothing_is_imported_before_it_is_asked_for(module, without):
    program = f"import json, sys, lectureclaims.{module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = json.loads(done.stdout)
    assert f"lectureclaims.{module}" in loaded
    assert [name for name in without if name in loaded] == []


WORK = ("lectureclaims.claims.workers.worker", "scipy", "mpmath", "sympy", "jinja2")
"""What a command that starts no library and writes no page can do without."""


@pytest.mark.parametrize(
    "arguments, without",
    [
        (("--help",), (*HEAVY, *WORK, "numpy", "msgspec")),
        (("list",), (*HEAVY, *WORK, "numpy")),
        (("show", "convolution.flip"), (*HEAVY, *WORK, "numpy")),
        (("doctor",), (*HEAVY, *WORK, "numpy", "PIL", "cv2")),
        (("layers", "docs/layers.toml"), (*HEAVY, *WORK)),
        (("adjudicate", "{case}", "--op", "relu"), (*HEAVY, *WORK)),
    ],
)
def test_a_command_imports_what_it_needs(arguments, without, tmp_path, monkeypatch):
    """Of ``list`` and ``show`` from the second time on."""
    monkeypatch.setenv("LECTURE_CLAIMS_STORE", str(tmp_path / "store"))
    contents.read()
    case = tmp_path / "case.npz"
    np.savez(case, **{"input.x": np.ones(3), "output.mine": np.ones(3)})
    program = (
        "import json, sys; from lectureclaims.reports.front import cli\n"
        "try: cli.main()\n"
        "finally: print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, *(word.format(case=case) for word in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=True)
    assert done.stdout
    loaded = json.loads(done.stderr)
    assert [name for name in without if name in loaded] == []
