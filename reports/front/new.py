"""``lecture-claims new claim``: a claim that verifies at once, to be rewritten into one's own.

A claim is one file, ``<section>/<name>.py``; a statistical one is a folder, ``<section>/<name>/``, with the claim, its design, its
gates and the design's history side by side.
"""

from __future__ import annotations

import importlib
import keyword
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Template

from ...claims.engine import lecture
from ...claims.engine.verification import BadRequest
from ...claims.language import Claim, population

FILE = Template('''"""What the section's claims are about, in a line."""

from __future__ import annotations

from $root.reference import oracle
from $language import Case, ask, claim, same_bits

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def as_it_is(w):
    return w


def half_turn(w):
    return w[:, :, ::-1, ::-1]


$name = claim(
    "$id",
    """
    What the sentence asserts, made precise: the layer is the sum of products with its kernel as it is.

    Scope: where it is tested: 2-d, three channels, unpadded

    Sources:
    - Author (year), Title, §
    """,
    kind="exact",
    expected="verified",
)


@$name.case("whole numbers", shape=(2, 3, 7, 5), wrongs={"kernel turned": {"kernel": half_turn}})
def whole_numbers(case: Case, *, kernel=as_it_is):
    """Ask a library for the operation, then compare its answer with what is expected; the wrong expects something else."""
    x, w = case.integers("x", case.shape), case.integers("w", (4, 3, 3, 2))
    y = yield ask("cross_correlation2d", x=x, w=w, b=None, **PLAIN)
    wanted = oracle.cross_correlation2d(x, kernel(w), None, **PLAIN).astype(case.dtype)
    yield same_bits(y, wanted, label="the layer", source="the literal sum, in whole numbers")
''')

CLAIM = Template('''"""What the section's claims are about, in a line."""

from __future__ import annotations

from $language import Case, claim, population, same_bits
from . import design

$name = claim(
    "$id",
    """
    What the sentence asserts, made precise: means of 16 independent numbers spread a quarter as much as the numbers.

    Scope: where it is tested: whole numbers from -8 to 8, windows of 4 × 4

    Finding: the means spread {means spread less} as much

    Sources:
    - Author (year), Title, §
    """,
    kind="statistical + exact",
    expected="supported",
)


@$name.case("over seeds", wrongs={"arms exchanged": {"compare": population.exchanged}})
def over_seeds(case: Case, *, compare=population.as_measured):
    """Run the experiments on the first and on the fresh seeds and judge the gates; then hold what was measured against the exact result."""
    found = yield from population.study(case, design, ("pools",), compare=compare)
    seeds = population.seeds(case, design.SEEDS["pools"], "first")
    yield same_bits(
        found.outcomes["pools"].then(lambda measured: measured["means"]),
        design.exact_means(seeds).astype(case.dtype),
        label="the means",
        source="sums of 16 whole numbers, divided by 16",
    )
''')

DESIGN = '''"""The experiments, without a verdict: each takes a library and returns arrays with the seeds last, [S] or [..., S]."""

import numpy as np

WINDOW, SIZE = 4, 32
SEEDS = {"pools": 20}
"""How many seeds each experiment is designed for."""


def pools(lib, *, seeds, dtype):
    """The means over windows, "means" [windows, windows, S], and the standard deviations of numbers and means, "spread.<arm>" [S]."""
    images, pair = numbers(seeds).astype(dtype), (WINDOW, WINDOW)
    means = lib.average_pooling2d(
        images[:, None], window=pair, stride=pair, padding=((0, 0), (0, 0)), count_padding=True
    )
    spread = {"spread.numbers": images.std((1, 2)), "spread.means": means.std((1, 2, 3))}
    return spread | {"means": np.moveaxis(means[:, 0], 0, -1)}


def exact_means(seeds):
    """[windows, windows, S]; exact in float64."""
    windows = numbers(seeds).reshape(len(seeds), SIZE // WINDOW, WINDOW, SIZE // WINDOW, WINDOW)
    return np.moveaxis(windows.mean((2, 4)), 0, -1)


def numbers(seeds):
    """Whole numbers, [S, SIZE, SIZE]."""
    return np.stack([np.random.default_rng(seed).integers(-8, 9, (SIZE, SIZE)) for seed in seeds])
'''

GATES = Template('''"""The effects and the gates on them, stated before anything runs.

The basis of a gate is the effect as it was measured while the design was made, on the first seeds.
"""

from $language.statistics import Contrast

SPREAD = Contrast("pools: spread, means / numbers", "ratio", "pools", "spread.means", "spread.numbers")
EFFECTS = (SPREAD,)
GATES = (SPREAD.within(0.2, 0.3, "means spread less", "0.25 [0.24, 0.26]"),)
''')

HISTORY = """# A design's history: the SHA-256 of what it states, one for each version, the last the one that runs. Whoever changes a gate, a number of
# seeds or a setting adds a line, in sight of whoever reviews.

{name} = ["{digest}"]
"""
ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def claim(id: str, *, folder: bool, lecture_folder: Path | None) -> Iterator[str]:
    """Write a claim's files from the template; yields what was written and what to do next.

    Raises BadRequest for an id that is malformed or there already, and for a statistical claim of a lecture that is no package.
    """
    home = (lecture_folder or lecture.OWN).resolve()
    own = home == lecture.OWN.resolve()
    project = lecture.OWN.parents[1] / "pyproject.toml"
    if not (home / "lecture.md").is_file():
        raise BadRequest(f"lecture={str(home)!r}: lecture.md is missing; give the folder of a lecture")
    if not ID.fullmatch(id) or any(keyword.iskeyword(part) for part in id.split(".")):
        raise BadRequest(f"id={id!r}: expected section.name in small letters, digits and _; such as convolution.flip")
    if own and not project.is_file():
        raise BadRequest("lecture: this one is installed, not checked out; give --lecture DIR, a folder of your own")
    if folder and not own:
        raise BadRequest(f"folder: a design is a package of the repository; {str(home)!r} is none; leave --folder out")
    section, name = id.split(".")
    path = home / section / (name if folder else f"{name}.py")
    if id in {one.id for m in lecture.sections(home) for one in vars(m).values() if isinstance(one, Claim)}:
        raise BadRequest(f"id={id!r}: there is a claim of this id already; choose another")
    if path.exists():
        raise BadRequest(f"id={id!r}: {path} is there already; choose another name")
    path.parent.mkdir(exist_ok=True)
    new_package = own and not (path.parent / "__init__.py").exists()
    if new_package:
        (path.parent / "__init__.py").touch()
    if folder:
        _write_folder(path, id, name)
    else:
        path.write_text(FILE.substitute(id=id, name=name, **_imports(own, depth=4)), encoding="utf-8")
    yield f"Wrote {path}{'/' if folder else ''}"
    packages = [f'"lectureclaims.claims.lecture.{part}"' for part in (section, f"{section}.{name}")]
    missing = packages[0 if new_package else 1 : 2 if folder else 1]
    if missing:
        yield f"Add to packages in {project}: {', '.join(missing)}"
    if id not in _named(home / "sentences.toml"):
        yield f'Name it under the sentence that makes it, in {home / "sentences.toml"}: claims = ["{id}"]'
    where = "" if own else f" --lecture {shlex.quote(str(lecture_folder))}"
    yield f"Try it: lecture-claims verify {id} --backend numpy{where}"
    yield (
        "Then put your sentence, your experiment and your wrongs in the place of the template's "
        "(CONTRIBUTING.md says how; `lecture-claims operations`: what to ask for)."
    )


def _write_folder(path: Path, id: str, name: str) -> None:
    path.mkdir()
    (path / "__init__.py").touch()
    imports = _imports(True, depth=5)
    (path / "claim.py").write_text(CLAIM.substitute(id=id, name=name, **imports), encoding="utf-8")
    (path / "design.py").write_text(DESIGN, encoding="utf-8")
    (path / "gates.py").write_text(GATES.substitute(imports), encoding="utf-8")
    importlib.invalidate_caches()
    package = f"{lecture.__name__.rsplit('.', 2)[0]}.lecture.{id}"
    digest = population.digest_of(importlib.import_module(f"{package}.design"))
    history = HISTORY.format(name=name, digest=digest)
    (path / "versions.toml").write_text(history, encoding="utf-8")


def _imports(own: bool, *, depth: int) -> dict[str, str]:
    """How a claim's file names the package: by dots in ours, in full in a lecture of the user's own."""
    if own:
        return {"root": "." * (depth - 1), "language": "." * (depth - 1) + "language"}
    return {"root": "lectureclaims", "language": "lectureclaims.claims.language"}


def _named(ledger: Path) -> set[str]:
    if not ledger.is_file():
        return set()
    return {
        c
        for row in tomllib.loads(ledger.read_text(encoding="utf-8")).get("sentence", ())
        for c in row.get("claims", ())
    }
