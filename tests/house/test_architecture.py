"""The house rules, read off the source: who imports whom, and what nobody may write."""

import ast
import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture
from lectureclaims.reference import bounds

ROOT = Path(__file__).parents[2]
ROOMS = ("reference", "claims", "reports")
"""From the ground floor up: each imports from itself and from those before it."""
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LIBRARIES = ("torch", "tensorflow", "keras")
HEAVY = (*LIBRARIES, "sklearn", "matplotlib")


def imports(path, root=ROOT):
    """(line, absolute name of what is imported, whether at import time) of a source; relative imports are resolved."""
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


# --- who imports whom --------------------------------------------------------------------------------------------------


def test_the_sources_are_found():
    """The tests below read every source: an empty list would pass them all."""
    assert len(SOURCES) > 50
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(ROOMS)
    assert any(
        name == "lectureclaims.reference.bounds" for _, name, _ in imports(ROOT / "claims/lecture/tensors/layouts.py")
    )


def test_imports_point_only_downwards():
    wrong = []
    for path in SOURCES:
        floor = ROOMS.index(path.relative_to(ROOT).parts[0])
        for line, name, _ in imports(path):
            top, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            if top in ROOMS or (top == "lectureclaims" and (room not in ROOMS or ROOMS.index(room) > floor)):
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


def test_only_its_own_phrasebook_imports_a_framework():
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
        ("reports.formats.formats", HEAVY),
        ("reports.front.pytest_plugin", (*HEAVY, "numpy", "scipy")),
    ],
)
def test_nothing_is_imported_before_it_is_asked_for(module, without):
    program = f"import json, sys, lectureclaims.{module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = json.loads(done.stdout)
    assert f"lectureclaims.{module}" in loaded
    assert [name for name in without if name in loaded] == []


# --- what nobody may write ---------------------------------------------------------------------------------------------

TOLERANCES = ("rtol", "atol", "rel_tol", "abs_tol", "rel", "abs")
CLOSE = (
    "assert_close",
    "assert_near",
    "assert_array_max_ulp",
    "assert_array_almost_equal_nulp",
    "allclose",
    "isclose",
    "assert_allclose",
    "assert_almost_equal",
    "assert_array_almost_equal",
    "approx",
    "assertAlmostEqual",
)


def called(node):
    return (
        node.func.attr
        if isinstance(node.func, ast.Attribute)
        else node.func.id
        if isinstance(node.func, ast.Name)
        else ""
    )


def calls():
    for path in [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node


TOLERANT = ROOT / "benchmarks/detectors.py"
"""Its subject is what fixed tolerances miss."""


def test_no_tolerance_is_written_down():
    """A tolerance is derived, in reference/bounds, or the comparison is bitwise."""
    wrong = [
        where(path, node.lineno)
        for path, node in calls()
        if path != TOLERANT and (called(node) in CLOSE or any(keyword.arg in TOLERANCES for keyword in node.keywords))
    ]
    assert wrong == []


# A tolerance by any other name: what makes bounds is named in one package, and nobody else compares a difference with anything.
BOUNDS = ROOT / "reference/bounds"
MAKERS = ("Bound", "derived", "empirical", "composed")
"""What reference/bounds/bound.py makes bounds with; the other modules of the package call the last three."""


OPEN = {
    "carried": ("reference/judging/composition.py",),
    "trajectory": ("claims/language/population.py",),
    "norm_identity": ("claims/lecture/batch_norm/smoothing/claim.py",),
    "error_ratio": ("claims/adjudication/explanation.py",),
}
"""Functions of bounds that are given sizes nobody can check, and the only sources that may call them."""
JUDGES = ("claims/language", "claims/engine", "claims/record", "claims/adjudication")
"""Who may make a comparison, or change one."""


def makers_used(path, source):
    """(line, what) of whatever makes a bound or a comparison, or gets hold of what does, in a source outside reference/bounds."""
    tree, here = ast.parse(source), path.relative_to(ROOT).as_posix()
    known = {"bounds"} | {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if alias.name.rpartition(".")[2] == "bounds"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            inside = (node.module or "").split(".")
            if "bounds" in inside[:-1] or (inside[-1:] == ["bound"]):
                yield node.lineno, f"imports from {node.module}"
            elif inside[-1:] == ["bounds"]:
                for alias in node.names:
                    if (
                        alias.name in ("bound", *MAKERS[1:])
                        or (alias.name == "Bound" and alias.asname)
                        or here not in OPEN.get(alias.name, (here,))
                    ):
                        yield node.lineno, f"imports {alias.name}"
        elif isinstance(node, ast.Import) and any(
            ".bounds." in f"{a.name}." and not a.name.endswith("bounds") for a in node.names
        ):
            yield node.lineno, "imports a module of bounds"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
            if owner in known and node.attr in ("bound", *MAKERS[1:]):
                yield node.lineno, f"bounds.{node.attr}"
            if owner in known and here not in OPEN.get(node.attr, (here,)):
                yield node.lineno, f"bounds.{node.attr}"
            if (node.attr == "writeable" and "allowed" in ast.unparse(node)) or (
                node.attr == "allowed" and isinstance(node.ctx, ast.Store)
            ):
                yield node.lineno, node.attr
        elif isinstance(node, ast.Call):
            name, words = called(node), {keyword.arg for keyword in node.keywords}
            texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            if name in ("Bound", "__new__", "__setattr__"):
                yield node.lineno, name
            elif name in ("getattr", "import_module", "__import__") and any("bound" in text for text in texts):
                yield node.lineno, f"{name} of a bound"
            elif (name == "vars" and "bound" in ast.unparse(node)) or (
                name == "setflags" and "allowed" in ast.unparse(node)
            ):
                yield node.lineno, name
            elif name == "sums_of_products" and "factors" in words and here != "reference/judging/rules.py":
                yield node.lineno, "factors"
            elif not here.startswith(JUDGES) and (
                name == "Comparison" or (name == "replace" and words & {"agrees", "ratio", "made", "kind"})
            ):
                yield node.lineno, f"{name} of a comparison"
        elif isinstance(node, ast.ClassDef) and any("Bound" in ast.unparse(base) for base in node.bases):
            yield node.lineno, f"class {node.name}"


SIZES = ("abs", "absolute", "fabs", "norm", "max", "min", "amax", "ptp", "square", "round", "around")
DISTANCES = ("ulp_distance", "error_ratio", "ratio", "subtract", "ptp")


def compared_differences(source):
    """(line, text) of each comparison of a difference's size with something: a tolerance, whatever it is called.

    |a - b|, its square, its largest, a distance in ulps or a ratio to a bound (but that it is at most 1, or 0), or a name or a function
    that holds one, on either side of <, <=, > or >=; numbers compared after rounding; a number between two others ± something.
    """
    tree = ast.parse(source)

    def calls_of(node, names):
        return [n for n in ast.walk(node) if isinstance(n, ast.Call) and called(n) in names]

    def differs(node, names=frozenset()):
        return any(
            (isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub) and not _steps(n))
            or (isinstance(n, ast.Name) and n.id in names)
            for n in ast.walk(node)
        )

    def _steps(n):
        """``n - 1`` and the like count; they are no difference of two results."""
        return any(isinstance(side, ast.Constant) and isinstance(side.value, int) for side in (n.left, n.right))

    def is_size(node):
        squares = [
            n for n in ast.walk(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow) and differs(n.left)
        ]
        measured = [n for n in calls_of(node, ("abs", "absolute", "fabs", "norm", "square")) if differs(n, differences)]
        return bool(squares or measured or calls_of(node, DISTANCES))

    def targets(node):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from (
                n.id if isinstance(n, ast.Name) else n.attr
                for n in ast.walk(target)
                if isinstance(n, ast.Name | ast.Attribute)
            )

    assigned = [
        n for n in ast.walk(tree) if isinstance(n, ast.Assign | ast.AnnAssign | ast.NamedExpr) and n.value is not None
    ]
    differences = {
        name
        for n in assigned
        if isinstance(n.value, ast.BinOp) and isinstance(n.value.op, ast.Sub) and not _steps(n.value)
        for name in targets(n)
    }
    named = {name for n in assigned if is_size(n.value) for name in targets(n)}
    named |= {
        f.name
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef)
        and any(isinstance(r, ast.Return) and r.value is not None and is_size(r.value) for r in ast.walk(f))
    }
    for node in calls_of(tree, ("less", "less_equal", "greater", "greater_equal")):
        if any(is_size(argument) for argument in node.args):
            yield node.lineno, ast.unparse(node)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        ordered = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        at_most_1 = len(sides) == 2 and any(isinstance(side, ast.Constant) and side.value in (0, 1) for side in sides)
        if any(isinstance(side, ast.Attribute) and side.attr in ("ndim", "size") for side in sides):
            continue
        ratios = [n for side in sides for n in calls_of(side, DISTANCES)]
        holds = any(
            is_size(side)
            or any(
                (isinstance(n, ast.Name) and n.id in named) or (isinstance(n, ast.Attribute) and n.attr in named)
                for n in ast.walk(side)
            )
            for side in sides
        )
        between = len(sides) == 3 and all(isinstance(side, ast.BinOp) for side in (sides[0], sides[2]))
        rounds = any(
            called(n) in ("round", "around") and len(n.args) > 1
            for side in sides
            for n in calls_of(side, ("round", "around"))
        )
        if (ordered and holds and not (at_most_1 and (ratios or not differs(node)))) or (ordered and between) or rounds:
            yield node.lineno, ast.unparse(node)


def test_a_bound_is_made_in_one_place():
    assert "Bound(np.array" in (BOUNDS / "bound.py").read_text(encoding="utf-8"), "the one place makes them"
    wrong = [
        f"{where(path, line)}: {what}"
        for path in SOURCES
        if path.parent != BOUNDS
        for line, what in makers_used(path, path.read_text(encoding="utf-8"))
    ]
    assert wrong == []
    inner = [
        where(path, node.lineno)
        for path in BOUNDS.glob("*.py")
        if path.name != "bound.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and called(node) == "Bound"
    ]
    assert inner == []


@pytest.mark.parametrize(
    "lie",
    [
        "from ...reference.bounds import Bound\nBound(x, 'because', 'derived', t)",
        "from ...reference.bounds import Bound as Tolerance\nTolerance(x, 'because', 'derived', t)",
        "from ...reference.bounds.bound import derived as lenient\nlenient(1e-3, 'because')",
        "from ...reference.bounds import bound\nbound.derived(1e-3, 'because')",
        "from ...reference import bounds\nmake = bounds.bound.empirical\nmake(1e-3, 'because')",
        "import lectureclaims.reference.bounds.bound as b\nb.derived(1e-3, 'because')",
        "from ...reference.bounds import Bound\nobject.__setattr__(kept, 'allowed', 1e-3)",
        "from ...reference import bounds\nclass Lenient(bounds.Bound): pass",
        "from ...reference import bounds as b\nb.bound.derived(1e-3, 'because')",
        "make = getattr(bounds, 'bound').derived",
        "importlib.import_module('lectureclaims.reference.bounds.bound').derived(1, 'because')",
        "bounds.carried(bounds.exact(v.shape, reason='r'), bounds.exact(v.shape, reason='r'), 1e-3, how='carried on')",
        "bounds.trajectory(np.full(v.shape, 1e-3), copies=3)",
        "from ...reference.bounds import carried\ncarried(b, b, 1e-3, how='carried on')",
        "from ...reference.bounds import error_ratio as distance\ndistance(a, b, 1e-3) <= 1",
        "bounds.norm_identity(1e3, 1.0, 10, 'float32')",
        "bounds.sums_of_products(S, n, 'float32', flushed=None, factors=10_000)",
        "vars(bound)['allowed'] = x",
        "bound.allowed.flags.writeable = True",
        "bound.allowed.setflags(write=True)",
        "bound.allowed *= 10",
        "from ..engine.comparison import Comparison\nyield Comparison(label, 'bound', source, True)",
        "yield replace(within(y, v, b, label=l, source=s), agrees=True)",
    ],
)
def test_such_a_maker_would_be_found(lie):
    assert list(makers_used(ROOT / "claims/lecture/lie.py", lie))


ALLOWED = ("reports/pictures/figures.py", "reference/exact/double_double.py", "reference/exact/matrices.py")
"""Compare differences for another reason than to allow one: a picture draws cut-offs that nearly coincide once; the oracle's own
arithmetic chooses its series and its slices."""


def test_nobody_compares_a_difference_with_a_constant():
    wrong = [
        f"{where(path, line)}: {text}"
        for path in SOURCES
        if path.parent != BOUNDS and path.relative_to(ROOT).as_posix() not in ALLOWED
        for line, text in compared_differences(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "lie",
    [
        "assert abs(got - wanted) < 1e-5",
        "TOLERANCE = 1e-5\nok = np.abs(got - wanted).max() <= TOLERANCE",
        "slack = settings['slack']\nerror = np.abs(got - wanted)\nok = (error < slack * size).all()",
        "ok = 1e-6 >= np.linalg.norm(got - wanted)",
        "worst = float(np.max(np.absolute(a - b)))\nif worst > limit: pass",
        "ok = bool((bounds.ulp_distance(got, wanted) <= 64).all())",
        "ok = bool((bounds.error_ratio(got, wanted, 1e-3) <= 0.5).all())",
        "ratio = bound.ratio(got, wanted)\nok = (ratio <= 50).all()",
        "ok = ((got - wanted) ** 2).max() < 1e-6",
        "ok = np.abs(np.subtract(got, wanted)).max() < 1e-5",
        "ok = np.ptp(got - wanted) < 1e-5",
        "ok = np.less_equal(np.abs(got - wanted), 1e-5).all()",
        "d = got - wanted\nok = np.abs(d).max() < 1e-5",
        "e: float = np.abs(got - wanted).max()\nok = e < 1e-5",
        "if (e := np.abs(got - wanted).max()) < 1e-5: pass",
        "e, s = np.abs(got - wanted).max(), 1\nok = e < 1e-5",
        "self.error = abs(a - b)\nok = self.error < 1e-5",
        "def err(a, b):\n    return np.abs(a - b).max()\nok = err(a, b) < 1e-5",
        "ok = wanted - 1e-5 <= got <= wanted + 1e-5",
        "ok = (np.round(got, 4) == np.round(wanted, 4)).all()",
    ],
)
def test_such_a_tolerance_would_be_found(lie):
    assert list(compared_differences(lie))


def test_every_measured_class_carries_its_measurement():
    """And leaves room, but not much: 1 to 2.5 times the largest error seen, so that no class hides a mistake of its own size."""
    for classes in bounds.ULP_CLASSES.values():
        for measured in classes.values():
            assert measured.library in ("numpy", "scipy", "tensorflow", "torch")
            assert 1 < measured.ulps / measured.seen <= 2.5
            assert f"{measured.seen:g}" in str(measured) and "empirical" in str(measured)


def test_no_verdict_is_read_by_what_computes_it():
    """The expected verdict is the author's; the computed one must not know it."""
    source = (ROOT / "claims/record/verdict.py").read_text(encoding="utf-8")
    assert "expected" not in source


def tracked():
    """The files of the repository, with those that are new and not ignored."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


PATH_OUTSIDE = re.compile(r"(?:^|[\s'\"`(=:])((?!/proc/|/dev/)/[a-zA-Z]\w*/[\w.]+|\.\./\w+|~/\w+|[A-Z]:\\\w)")
"""An absolute path, a home folder, a folder above the repository; /proc and /dev are every Linux machine's."""


def inside(path):
    return path.resolve().is_relative_to(ROOT)


def test_no_path_of_one_machine_is_written_down():
    files, found = tracked(), []
    assert len(files) > 80
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = PATH_OUTSIDE.search(line)
            if match and not (
                match[1].startswith("..") and (path.parent / match[1]).exists() and inside(path.parent / match[1])
            ):
                found.append(f"{where(path, number)}: {match[1]}")
    assert found == []


@pytest.mark.parametrize("path", ["|home|me|x", "..|shared|notes.md", "~|work", "C:\\Users"])
@pytest.mark.parametrize("line", ["cd {}", "'{}'", "`{}`", "PATH={}", "{}", "see ({})"])
def test_such_a_path_would_be_found(line, path):
    assert PATH_OUTSIDE.search(line.format(path.replace("|", "/")))  # written so that this line is not one itself


# --- the lecture and its ledger ----------------------------------------------------------------------------------------


def test_every_claim_stands_in_the_ledger_and_every_sentence_in_the_text():
    book = lecture.read()
    assert set(book.claims) <= set(book.ids)
    assert all(book.sentence_of(claim).text for claim in book.claims)
    assert all(lecture.place(sentence.text, book.markdown) for sentence in book.sentences)


def test_every_premise_is_a_claim_of_the_ledger():
    book = lecture.read()
    unknown = [(c.id, p) for c in book.claims.values() for p in c.premises if p not in book.ids]
    assert unknown == []


TEXT = "# Two sentences\n\nA whole is the sum\nof its parts. A part is smaller.\n"
CLAIM = (
    "from lectureclaims.claims.language import claim\n"
    "@claim('{id}', statement='s', scope='s', expected='verified', kind='exact', cases={{'one': {{}}}}, wrongs={{}})\n"
    "def experiment(case):\n    yield from ()\n"
)


def ledger(*sentences):
    return "\n".join(
        f'[[sentence]]\nid = "{name}"\ntext = "{text}"\nclaims = {json.dumps(claims)}'
        for name, text, claims in sentences
    )


GOOD = ("whole", "A whole is the sum of its parts.", ["whole.sum"]), ("part", "A part is smaller.", ["part.smaller"])


def written(folder, sentences=GOOD, claim="whole.sum", **files):
    named = {"lecture.md": TEXT, "sentences.toml": ledger(*sentences), "section.py": CLAIM.format(id=claim)} | files
    for name, text in named.items():
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_lecture_is_a_folder_with_text_ledger_and_sections(tmp_path):
    book = lecture.read(written(tmp_path))
    assert book.title == "Two sentences"
    assert list(book.claims) == ["whole.sum"]
    assert book.ids == ("whole.sum", "part.smaller")
    assert book.sentence_of("whole.sum").id == "whole"


@pytest.mark.parametrize(
    "lie, says",
    [
        ({"lecture.md": None}, "lecture.md is missing"),
        ({"sentences.toml": None}, "sentences.toml is missing"),
        (
            {"sentences": [("whole", "A whole is more than its parts.", [])]},
            "sentence='whole': its words are not in lecture.md",
        ),
        (
            {"sentences": GOOD[::-1]},
            "sentence='whole': its words are not in lecture.md after those of the one before it",
        ),
        ({"sentences": [GOOD[0], ("whole", GOOD[1][1], [])]}, "sentence='whole': twice"),
        ({"sentences": [GOOD[0], ("part", GOOD[1][1], ["whole.sum"])]}, "claim='whole.sum': twice"),
        ({"claim": "whole.product"}, "claim='whole.product': no sentence of sentences.toml names it"),
        ({"sentences.toml": "[[sentence]]\nid = 'whole'"}, "each [[sentence]] needs id, text"),
        ({"sentences.toml": "[[sentence"}, "sentences.toml: "),
        ({"sentences.toml": ""}, "each [[sentence]] needs id, text"),
        ({"section.py": "import no_such_module"}, "section.py: ModuleNotFoundError: No module named 'no_such_module'"),
        ({"section.py": "x ="}, "section.py: SyntaxError"),
    ],
)
def test_a_lecture_that_lies_is_refused_in_one_line(tmp_path, lie, says):
    with pytest.raises(lecture.BadLecture) as refusal:
        lecture.read(written(tmp_path, **lie))
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_two_claims_of_one_id_are_refused(tmp_path):
    written(tmp_path, **{"another.py": CLAIM.format(id="whole.sum")})
    with pytest.raises(lecture.BadLecture, match=r"claim='whole.sum': two experiments of this id"):
        lecture.read(tmp_path)
