"""A tolerance is derived in reference/bounds, or a comparison is bitwise: nobody writes one down, under any name."""

import ast

import pytest
from lectureclaims.reference import bounds
from sources import ROOT, SOURCES, called, where

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
        match node:
            case ast.ImportFrom():
                found = _imported_from(node, here)
            case ast.Import() if any(".bounds." in f"{a.name}." and not a.name.endswith("bounds") for a in node.names):
                found = ["imports a module of bounds"]
            case ast.Attribute(value=ast.Name() | ast.Attribute()):
                found = _taken(node, here, known)
            case ast.Call():
                found = _made(node, here)
            case ast.ClassDef() if any("Bound" in ast.unparse(base) for base in node.bases):
                found = [f"class {node.name}"]
            case _:
                found = []
        yield from ((node.lineno, what) for what in found)


def _imported_from(node, here):
    inside = (node.module or "").split(".")
    if "bounds" in inside[:-1] or inside[-1:] == ["bound"]:
        yield f"imports from {node.module}"
    elif inside[-1:] == ["bounds"]:
        for alias in node.names:
            renamed = alias.name == "Bound" and alias.asname
            if alias.name in ("bound", *MAKERS[1:]) or renamed or here not in OPEN.get(alias.name, (here,)):
                yield f"imports {alias.name}"


def _taken(node, here, known):
    owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
    if owner in known and (node.attr in ("bound", *MAKERS[1:]) or here not in OPEN.get(node.attr, (here,))):
        yield f"bounds.{node.attr}"
    writeable = node.attr == "writeable" and "allowed" in ast.unparse(node)
    if writeable or (node.attr == "allowed" and isinstance(node.ctx, ast.Store)):
        yield node.attr


def _made(node, here):
    name, words = called(node), {keyword.arg for keyword in node.keywords}
    texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    if name in ("Bound", "__new__", "__setattr__"):
        yield name
    elif name in ("getattr", "import_module", "__import__") and any("bound" in text for text in texts):
        yield f"{name} of a bound"
    elif {"vars": "bound", "setflags": "allowed"}.get(name, "\n") in ast.unparse(node):
        yield name
    elif name == "sums_of_products" and "factors" in words and here != "reference/judging/rules.py":
        yield "factors"
    elif not here.startswith(JUDGES):
        changes = name == "replace" and words & {"agrees", "ratio", "made", "kind"}
        if name == "Comparison" or changes:
            yield f"{name} of a comparison"


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
    ordering = calls_of(tree, ("less", "less_equal", "greater", "greater_equal"))
    yield from ((n.lineno, ast.unparse(n)) for n in ordering if any(is_size(argument) for argument in n.args))
    for node in (n for n in ast.walk(tree) if isinstance(n, ast.Compare)):
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


ALLOWED = (
    "reports/pictures/figures.py",
    "reference/exact/double_double.py",
    "reference/exact/matrices.py",
    "claims/adjudication/tolerance.py",
)
"""Compare differences for another reason than to allow one: a picture draws cut-offs that nearly coincide once; the oracle's own
arithmetic chooses its series and its slices; what others' tolerances let pass is the adviser's subject."""


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
