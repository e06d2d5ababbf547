"""A library is one folder: what it declares is true, nothing outside the folder names it, and nothing is imported before it is asked for."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lectureclaims.reference import libraries

ROOT = Path(__file__).parents[2]
WHERE_DATA_COMES_FROM = ("reference/bounds/measured.py", "reference/samples/data.py")
"""Say on which library an error was measured, and in which package a photograph lies."""
SOURCES = [
    path
    for room in ("reference", "claims/language", "claims/engine", "claims/record", "claims/adjudication", "reports")
    for path in sorted((ROOT / room).rglob("*.py"))
    if not path.is_relative_to(ROOT / "reference/libraries")
    and path.relative_to(ROOT).as_posix() not in WHERE_DATA_COMES_FROM
]


def named(source):
    """Texts of a source that name a library, its package or a variable of its environment."""
    words = {word for name, one in libraries.LIBRARIES.items() for word in (name, one.module, *one.distributions)}
    words |= {*libraries.ENVIRONMENT}
    return [
        node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and node.value in words
    ]


def test_no_library_is_named_outside_its_folder():
    assert len(SOURCES) > 100
    assert {path: found for path in SOURCES if (found := named(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "lie", ['A = ("torch", "tensorflow")', "if x == 'scipy': y", "os.environ['KERAS_BACKEND'] = 1"]
)
def test_such_a_name_would_be_found(lie):
    assert named(lie)


def test_lists_of_libraries_are_computed():
    assert libraries.names() == ("numpy", "scipy", "tensorflow", "torch")
    assert libraries.every() == (*libraries.names(), "matplotlib", "opencv", "pillow")
    assert libraries.quickest(libraries.names()) == ("numpy", "scipy", "torch", "tensorflow")
    assert libraries.FRAMEWORKS == libraries.WITH_LAYERS == ("torch", "tensorflow")
    assert libraries.quickest(("own", "pillow", "scipy")) == ("scipy", "own", "pillow")


@pytest.mark.parametrize("name", libraries.every())
def test_a_declaration_is_true(load, name):
    library, whole = libraries.LIBRARIES[name], load(name)
    assert sys.modules[library.module]
    own = {key for key in vars(whole) if key not in vars(whole).get("LACKS", {})}
    assert library.computes == ("cross_correlation2d" in own)
    assert library.layers == ("network_layers" in own)
    assert library.differentiates == ("value_and_gradient" in own and name != libraries.REFERENCE)
    assert library.computes or "decode_image" in own


def test_what_is_declared_imports_no_library():
    program = (
        "import json, sys; from lectureclaims.reference import libraries as l; "
        "l.every(), [l.installed(n) for n in l.every()]; print(json.dumps([*sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = json.loads(done.stdout)
    assert "lectureclaims.reference.libraries.torch" in loaded
    assert not {library.module for library in libraries.LIBRARIES.values()} & {*loaded}
