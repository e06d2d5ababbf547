"""A made-up record with every look that a report can have, for the tests of the reports. Nothing in it was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lectureclaims.claims.record.types import (
    AnyRow,
    Bits,
    Cell,
    Claim,
    ClaimNamed,
    Counts,
    Defect,
    Design,
    Environment,
    Evidence,
    Gate,
    Lecture,
    LibraryFacts,
    LimitFound,
    LimitSaid,
    Premises,
    Reading,
    Selection,
    Sensitivity,
    Sentence,
    StatedGate,
    Stopped,
    Sweep,
    Tool,
    Volatile,
    Within,
    WrongFound,
)

LIBRARIES = ("numpy", "torch", "tensorflow", "scipy")
VERDICTS = ("error", "refuted", "inconclusive", "not supported", "disputed", "supported", "verified")
MARKDOWN = """# A lecture

Instead of convolution, *ML libraries* implement
cross-correlation (don't flip the kernel):

| Linear | Nonlinear |
| --- | --- |
| Convolution | Softmax |

- Not recommended for hidden layers due to saturation.
- Equivariance to **translation**.

Other explanation: smoothing the objective. Nobody has tested this sentence. [A link](https://example.org/) ![a picture](x.png)

<script>alert("markup in the lecture")</script>
"""


SCAN = """Instead of convoIution, ML Iibraries implement
cross-corre1ation (don't flip the kernel)
Linear	Nonlinear
"""

NOT_TESTED = (
    "no operation cross_correlation2d_gradient: 15 comparisons",
    "limit “a symmetric kernel” cannot be shown here",
)


def row(case: str = "2-d", label: str = "the layer is the sum", **changes: Any) -> Bits:
    return Bits(**{"case": case, "label": label, "source": "literal sum in Python integers", "elements": 48, **changes})


def bound(case: str = "reals", label: str = "within the bound", **changes: Any) -> Within:
    members = {
        "source": "correctly rounded sum",
        "ratio": 0.31,
        "elements": 48,
        "where": (0, 2),
        "got": 1.25,
        "wanted": 1.2500001,
        "allowed": 1e-6,
        "ulp": 1.0,
        "derivation": "γₙ·Σ|x||w|, n = 9 products",
    }
    return Within(**{"case": case, "label": label, **members, **changes})


def sweep(**changes: Any) -> Sweep:
    return Sweep(
        **{"case": "2-d", "label": "the layer is the sum", "of": "bits", "geometries": 120, "elements": 48, **changes}
    )


def departing(**changes: Any) -> Bits:
    members = {
        "agrees": False,
        "ratio": math.inf,
        "differing": 3,
        "where": (0, 1),
        "got": 3.0,
        "wanted": 4.0,
        "ulp": 2.0,
        "snippet": "import numpy as np\nx = np.ones(3)\nprint(x)\n",
    }
    return row(**{**members, **changes})


def stopped(outcome: str = "error", note: str = "ValueError: x", **changes: Any) -> Stopped:
    members = {"case": "2-d", "label": "the experiment stopped", "agrees": False, "made": False, "elements": 0}
    return Stopped(**{**members, "differing": None, "ulp": None, "outcome": outcome, "note": note, **changes})


def wrong(name: str = "one axis flipped", *, is_caught: bool = True) -> WrongFound:
    if not is_caught:
        return WrongFound(name=name, caught=False, by=0, of=5, excuse="every comparison still agreed")
    return WrongFound(name=name, caught=True, by=4, of=5, worst=departing(differing=12, snippet=None))


SAYS = "A kernel that a half turn leaves as it was cannot tell."


def limit(name: str = "a symmetric kernel", rows: tuple[AnyRow, ...] = (), *, shown: bool = True) -> LimitFound:
    beside = row(label="what is predicted beside it")
    return LimitFound(
        name=name, shown=shown, rows=rows or (departing(label="the literal sentence", must_fail=True), beside)
    )


def cell(backend: str, dtype: str | None, verdict: str = "verified", **changes: Any) -> Cell:
    out = verdict in ("absent", "unsupported")
    members: dict[str, Any] = {
        "backend": backend,
        "dtype": dtype,
        "verdict": verdict,
        "rule": verdict,
        "reason": f"{backend}: reason for {verdict}",
        "comparisons": 0 if out else 2,
        "elements": 0 if out else 96,
        "worst_ratio": None if out else 0.31,
        "margin": None if out else 1.2e5,
        "rows": () if out else (row(), bound()),
        "wrongs": () if out else (wrong(),),
        "limits": () if out else (limit(),),
    }
    return Cell(**{**members, **changes})


def claim(name: str, cells: Sequence[Cell], *, says: dict[str, str] | None = None, **changes: Any) -> Claim:
    """``says``: what limits say, by their name; of one that is not named, always the same."""
    part = [c.verdict for c in cells if c.verdict in VERDICTS]
    verdict = min(part, key=VERDICTS.index) if part else "inconclusive"
    limits = dict.fromkeys(x.name for c in cells for x in c.limits)
    members: dict[str, Any] = {
        "id": name,
        "sentence": name.replace("claim", "sentence"),
        "says": "Equivariance to translation.",
        "statement": "f(shift x) = shift f(x).",
        "scope": "circular padding, stride 1",
        "kind": "exact",
        "premises": ("convolution.flip",),
        "sources": ("Goodfellow et al. (2016), §9.2",),
        "notes": "",
        "finding": "",
        "file": "convolution.py",
        "expected": "verified",
        "verdict": verdict,
        "rule": verdict,
        "reason": "held on numpy, torch (2 cells)",
        "qualified": verdict in ("verified", "supported"),
        "margin": 1.2e5,
        "limits": tuple(LimitSaid(name=x, says=(says or {}).get(x, SAYS)) for x in limits),
        "cells": tuple(cells),
    }
    return Claim(**{**members, **changes})


def figures() -> dict[str, dict[str, dict[str, Any]]]:
    letters = [list("abcd"), list("efgh"), list("ijkl")]
    plain = [
        ["aw + bx + ey + fz", "bw + cx + fy + gz", "cw + dx + gy + hz"],
        ["ew + fx + iy + jz", "fw + gx + jy + kz", "gw + hx + ky + lz"],
    ]
    turned = [
        ["az + by + ex + fw", "bz + cy + fx + gw", "cz + dy + gx + hw"],
        ["ez + fy + ix + jw", "fz + gy + jx + kw", "gz + hy + kx + lw"],
    ]
    flip = {"input": letters, "kernel": [["w", "x"], ["y", "z"]], "cross_correlation": plain, "convolution": turned}

    def saturation(single: bool) -> dict[str, Any]:
        ends = (16.64, 16.64, 103.97, 9.01, 9.01) if single else (36.74, 36.74, 745.13, 19.06, 19.06)
        zs = [ends[0] * i / 60 for i in range(61)]
        return {
            "curves": [
                {
                    "function": "logistic",
                    "side": "z > 0",
                    "z": zs,
                    "gradient": [math.exp(-z) / (1 + math.exp(-z)) ** 2 for z in zs[:-1]] + [0.0],
                },
                {
                    "function": "tanh",
                    "side": "both",
                    "z": [z / 2 for z in zs],
                    "gradient": [1 / math.cosh(z / 2) ** 2 for z in zs],
                },
            ],
            "cutoffs": [
                {"function": "logistic", "side": "z > 0", "value": 1, "value_from": ends[0], "gradient_from": ends[1]},
                {"function": "logistic", "side": "z < 0", "value": 0, "value_from": ends[2], "gradient_from": ends[2]},
                {
                    "function": "tanh",
                    "side": "both",
                    "value": 1,
                    "value_from": ends[3],
                    "gradient_from": ends[4] if single else None,
                },
            ],
        }

    def border(width: int) -> list[list[float]]:
        return [[0.0 if min(i, j, 7 - i, 7 - j) >= width else 1.0 + i for j in range(8)] for i in range(8)]

    maps = [
        {"title": "circular padding", "difference": border(0)},
        {"title": "zero padding", "difference": border(1), "interior": [1, 1, 7, 7]},
        {"title": "fully connected", "difference": border(9)},
    ]
    steps = list(range(0, 81, 4))
    change = {"middle": [1.0 + s / 80 for s in steps], "low": [0.5] * len(steps), "high": [3.0] * len(steps)}
    arms = [
        {
            "name": "without batch norm",
            "control": True,
            "change": change,
            "loss": [2.3 * math.exp(-s / 30) for s in steps],
            "low": [2 * math.exp(-s / 28) for s in steps],
            "high": [4 * math.exp(-s / 50) for s in steps],
        },
        {
            "name": "with batch norm",
            "change": {**change, "high": [1.5] * len(steps)},
            "loss": [2.3 * math.exp(-s / 25) for s in steps],
            "low": [2.2 * math.exp(-s / 25) for s in steps],
            "high": [2.5 * math.exp(-s / 26) for s in steps],
        },
    ]
    depth = [
        {
            "name": "sigmoid",
            "control": False,
            "size": [10.0**-n for n in range(6)][::-1],
            "low": [10.0**-n / 2 for n in range(6)][::-1],
            "high": [10.0**-n * 2 for n in range(6)][::-1],
        },
        {"name": "ReLU", "control": True, "size": [0.9, 1.0, 1.1, 1.0, 0.9, 1.0]},
    ]
    networks = [
        {
            "name": name,
            "layers": [1, 2, 3],
            "arms": [
                {
                    "name": "with batch norm",
                    "control": False,
                    "size": size,
                    "low": [s - 0.1 for s in size],
                    "high": [s + 0.1 for s in size],
                },
                {"name": "without", "control": True, "size": [0.99, 0.98, -0.2]},
            ],
        }
        for name, size in (("25 linear layers", [0.1, 0.0, -0.3]), ("a shallow network", [0.5, 0.6, 0.7]))
    ]
    return {
        "flip": {
            "torch float32": {
                **flip,
                "values": {"a": 1, "b": 2, "w": 3},
                "got": {"cross_correlation": [[1, 2, 3], [4, 5, 6]], "convolution": [[1, 2, 3], [4, 5, 600]]},
            }
        },
        "saturation": {
            "torch float32": saturation(True),
            "torch float64": saturation(False),
            "numpy float64": saturation(False),
        },
        "saturation_depth": {"torch float64": {"layers": [1, 2, 3, 4, 5, 6], "arms": depth}},
        "equivariance": {
            "torch float32": {"shift": [1, 2], "maps": maps},
            "torch float64": {"shift": [1, 2], "maps": maps},
        },
        "forest:smoothing": {"torch float64": forest(), "tensorflow float64": forest(1.1)},
        "trajectories:smoothing": {"torch float64": trajectories(1e-16), "tensorflow float64": trajectories(3e-16)},
        "amplification": {
            "torch float64": {"layers": [1, 2, 3, 4, 5, 6], "arms": depth, "note": "The first layer was scaled."}
        },
        "gradient_agreement": {"torch float64": {"networks": networks, "note": "Ten seeds."}},
        "inverted_images": {"torch float64": inverted()},
        "planted_kernels": {"torch float64": planted()},
        "smoothing_bands": {"torch float64": {"steps": steps, "arms": arms}},
        "a picture that nobody knows": {"torch float64": {"numbers": [1, 2, 3]}},
    }


DIGEST = "4904d1af79aa0ebef8a39f8178499aea585645236f3a0e43fa4d261056b424b9"


def gate(name: str, group: str, *, met: bool = True, **changes: Any) -> Gate:
    estimate = 3.1 if met else 1.1
    members: dict[str, Any] = {
        "case": "over seeds",
        "label": f"{name}, {group} seeds",
        "source": "gate stated before the run; basis: 3.19 [3.04, 3.36]",
        "agrees": met,
        "ratio": 0.0 if met else math.inf,
        "gate": name,
        "effect": f"runs: {name}",
        "group": group,
        "measure": "ratio",
        "side": "above",
        "bounds": (1.5,),
        "estimate": estimate,
        "low": estimate - 0.2,
        "high": estimate + 0.2,
        "seeds": 20,
        "positive": 20,
        "sign_p": 1.9e-6,
        "wilcoxon_p": 1.9e-6,
    }
    return Gate(**{**members, **changes})


def design(*gates: tuple[str, str, str], quick: bool = False) -> Design:
    """What a design states: (gate, role, the side that it speaks for)."""
    stated = tuple(
        StatedGate(
            name=name,
            effect=f"runs: {name}",
            side="above",
            bounds=(1.5,),
            basis="3.19 [3.04, 3.36]",
            role=role,
            speaks=speaks,
        )
        for name, role, speaks in gates
    )
    seeds = {"runs": 6 if quick else 20}
    return Design(version=2, digest=DIGEST, seeds=seeds, quick=quick, start={"first": 0, "fresh": 3000}, gates=stated)


def disputed(**changes: Any) -> Claim:
    """A claim of which gates of both sides are met, one of them on the first seeds only."""
    sides = (("trains better", "for"), ("bare", "for"), ("so does noise", "against"))
    cells = []
    for library in ("torch", "tensorflow"):
        rows = [
            gate(n, group, met=n != "bare" or group == "first", speaks=side)
            for n, side in sides
            for group in ("first", "fresh")
        ]
        cells.append(cell(library, "float64", "disputed", rows=(row(), *rows), limits=()))
    stated = design(
        ("trains better", "effect", "for"), ("bare", "effect", "for"), ("so does noise", "control", "against")
    )
    reason = "torch float64: 1 of 2 gates for it are met (“trains better”); 1 of 1 gates against it are met (“so does noise”)"
    members: dict[str, Any] = {
        "kind": "statistical",
        "expected": "disputed",
        "reason": reason,
        "designs": {"two_sides": stated},
        "premises": (),
        "figures": {"forest:two_sides": {"torch float64": forest()}},
    }
    return claim("claim.disputed", cells, **{**members, **changes})


def worded(*, quick: bool = False, **changes: Any) -> Claim:
    """A claim that is supported although its sentence fails as worded."""
    name = "tanh as a hidden activation"
    cells = [
        cell(
            b, "float64", "supported", rows=(row(), gate("deep", "first"), gate("deep", "fresh")), limits=(limit(name),)
        )
        for b in ("torch", "tensorflow")
    ]
    members: dict[str, Any] = {
        "kind": "statistical",
        "expected": "supported",
        "reason": "held on tensorflow, torch (2 cells)",
        "fails_as_worded": (name,),
        "premises": (),
        "designs": {"depth": design(("deep", "effect", ""), quick=quick)},
        "limits": (LimitSaid(name=name, says="The sentence is not supported for tanh.", as_worded=True),),
    }
    return claim("claim.worded", cells, **{**members, **changes})


def effect_row(name: str, role: str = "effect", ratio: float = 3.0, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "role": role,
        "speaks": "",
        "effect": f"multilayer: {name}, without / with",
        "kind": "ratio",
        "estimate": ratio,
        "low": ratio * 0.9,
        "high": ratio * 1.1,
        "fresh": {"estimate": ratio * 0.95, "low": ratio * 0.85, "high": ratio * 1.05},
        "gate": [1.5, None],
        "seeds": 20,
        "positive": 20,
        **changes,
    }


def forest(factor: float = 1.0) -> dict[str, Any]:
    """Effects, a control, a reversal and a caution; one ratio a billion times smaller than the others; differences beside them."""
    points = {"kind": "difference", "fresh": {"estimate": 0.4, "low": 0.3, "high": 0.5}, "gate": [0.2, None]}
    return {
        "rows": [
            effect_row("range", ratio=10.8 * factor),
            effect_row("beta", ratio=3.46, gate=[1.7, None]),
            effect_row("null arm", "control", 0.95, gate=[0.7, 1.4]),
            effect_row("deep start", "reversal", 0.1, gate=[None, 0.5]),
            effect_row("tripled", "caution", 0.257, gate=[None, 0.5]),
            effect_row("saturated", ratio=2.8e-10 * factor, gate=[None, 1e-7]),
            effect_row("trains better", ratio=0.41, speaks="for", **points),
            effect_row("so does noise", "control", 0.43, speaks="against", **points),
            effect_row("the last loss", "reversal", 40.0, **points),
        ]
    }


def trajectories(size: float) -> dict[str, Any]:
    steps = range(80)
    return {
        "experiment": "multilayer",
        "seeds": 5,
        "arms": [
            {
                "name": name,
                "difference": [0.0 if s % 9 == 0 else size * (1 + k + s % 5) for s in steps],
                "allowed": [1e-13 * (1 + k + s / 40) for s in steps],
            }
            for k, name in enumerate(("with", "without"))
        ],
    }


def inverted() -> dict[str, Any]:
    image = [[float(2 < j < 5 and 0 < i < 7) for j in range(8)] for i in range(8)]
    arms = [
        {"name": name, "upright": [0.95 + n / 300 for n in range(10)], "inverted": [low + n / 100 for n in range(10)]}
        for name, low in (("the absolute value", 0.86), ("ReLU", 0.05), ("trained on both", 0.8))
    ]
    return {
        "arms": arms,
        "chance": 0.1,
        "pictures": [image, [[1 - x for x in row] for row in image]],
        "note": "Trained on upright images only.",
    }


def planted() -> dict[str, Any]:
    pattern = [[0.3, -0.5, 0.1], [0.6, 0.0, -0.4], [-0.2, 0.4, -0.3]]
    kernels = [
        {
            "arm": arm,
            "seed": seed,
            "kernel": [
                [x * (1 + seed / 10) + off * (i - j) for j, x in enumerate(row)] for i, row in enumerate(pattern)
            ],
            "cosine": cosine - seed / 100,
        }
        for arm, off, cosine in (("true labels", 0.01, 0.99), ("shuffled labels", 0.4, 0.5))
        for seed in range(10)
    ]
    return {"pattern": pattern, "kernels": kernels, "note": "Six times the pattern."}


def defect(**changes: Any) -> Defect:
    members: dict[str, Any] = {
        "id": "torch-tanh",
        "backend": "torch",
        "versions": ">=2.6,<2.14",
        "title": "Wrong sums with padding 3",
        "explanation": "Reads too far.",
        "condition": "padding > k",
        "cpu_features": ("avx512f",),
        "repeatable": False,
        "reports": ("pytorch #1",),
        "applies": True,
        "departs": True,
        "neighbour_holds": True,
        "reproduced": True,
        "snippet": "print(1)\n",
        "neighbour_says": "padding 2",
        "neighbour_snippet": "print(2)\n",
    }
    return Defect(**{**members, **changes})


def sample_claims() -> tuple[Claim, ...]:
    both = ("float32", "float64")
    absent = [cell("scipy", d, "absent") for d in both]
    equivariance = [
        cell("numpy", "float32", "error", rows=(stopped(),)),
        cell("torch", "float32", "refuted", rows=(departing(), row())),
        cell(
            "torch", "float64", rows=(departing(defect="torch-tanh"), sweep()), calls_within_defects={"torch-tanh": 7}
        ),
        cell("tensorflow", "float32", "inconclusive", wrongs=(wrong(is_caught=False),)),
        cell("tensorflow", "float64", "disputed"),
    ]
    return (
        claim(
            "claim.correlate",
            [*(cell(b, d) for b in LIBRARIES[:3] for d in both), cell("scipy", None, "unsupported")],
            figures={"a picture that nobody knows": {"torch": {"numbers": [1]}}},
        ),
        claim(
            "claim.linear",
            [cell("numpy", None), cell("torch", None, in_part=NOT_TESTED), cell("scipy", None, "absent")],
            qualified=False,
        ),
        claim(
            "claim.saturation",
            [*(cell("torch", d, v) for d, v in zip(both, ("supported", "not supported"), strict=True)), *absent],
        ),
        claim("claim.equivariance", equivariance),
    )


def sample_sentences(ran: Sequence[str]) -> tuple[Sentence, ...]:
    def named(*ids: str) -> tuple[ClaimNamed, ...]:
        return tuple(ClaimNamed(id=i, written=i in ran) for i in ids)

    correlate = "Instead of convolution, *ML libraries* implement cross-correlation (don't flip the kernel):"
    return (
        Sentence(id="sentence.correlate", text=correlate, claims=named("claim.correlate")),
        Sentence(id="sentence.linear", text="Linear", claims=named("claim.linear", "claim.stack")),
        Sentence(
            id="sentence.saturation",
            text="Not recommended for hidden layers due to saturation.",
            claims=named("claim.saturation"),
        ),
        Sentence(
            id="sentence.equivariance", text="Equivariance to **translation**.", claims=named("claim.equivariance")
        ),
        Sentence(
            id="sentence.smoothing",
            text="Other explanation: smoothing the objective.",
            claims=named("claim.smooths"),
            reading=Reading(place="the end", scan="smoolhing", taken="smoothing"),
        ),
        Sentence(
            id="sentence.heading",
            text="Nobody has tested this sentence.",
            disposition="not testable",
            reason="It speaks of nobody.",
        ),
    )


def sample_environment() -> Environment:
    oneDNN = {"build": {"oneDNN": True}}
    return Environment(
        python="3.13.1",
        implementation="cpython",
        system="Linux",
        machine="x86_64",
        cpu="A processor",
        cores=2,
        cpu_features=("avx2", "fma"),
        packages={"numpy": "2.4.0", "torch": "2.13.0"},
        backends={
            "numpy": LibraryFacts(versions={"numpy": "2.4.0"}, facts={"threads": {"openblas": 1}}),
            "torch": LibraryFacts(
                versions={"torch": "2.13.0+cpu"}, facts={**oneDNN, "flushes subnormals": {"float32": False}}
            ),
            "tensorflow": LibraryFacts(
                versions={"tensorflow": "2.21.0", "keras": "3.12.0"}, facts={**oneDNN, "TF32": False}
            ),
            "scipy": LibraryFacts(absent="scipy is not installed"),
        },
    )


def sample_sensitivity() -> tuple[Sensitivity, ...]:
    return (
        Sensitivity(
            name="kernel turned",
            operations=("cross_correlation2d",),
            origin="a known mistake",
            seen=True,
            claims={"claim.correlate": "seen", "claim.equivariance": "blind"},
        ),
        Sensitivity(
            name="a tap lost",
            operations=("cross_correlation2d",),
            origin="claim.correlate",
            seen=False,
            claims={"claim.correlate": "blind", "claim.equivariance": "stopped", "claim.linear": "cannot be made"},
        ),
    )


def sample_evidence() -> Evidence:
    claims = sample_claims()
    ids = tuple(c.id for c in claims)
    premises = (
        Premises(
            claim=c.id,
            uses=c.premises,
            untested=("convolution.flip",),
            sand=("claim.saturation",) if c.id == "claim.equivariance" else (),
        )
        for c in claims
    )
    return Evidence(
        tool=Tool(name="lecture-claims", version="0.1.0"),
        seed=0,
        selection=Selection(claims=ids, backends=LIBRARIES),
        interrupted=False,
        environment=sample_environment(),
        lecture=Lecture(
            title="A lecture",
            markdown=MARKDOWN,
            scan=SCAN,
            sentences=sample_sentences(ids),
            unaccounted=("This stands in no sentence of the ledger.",),
        ),
        claims=claims,
        premises=tuple(premises),
        sensitivity=sample_sensitivity(),
        defects=(
            defect(),
            defect(id="torch-old", applies=False, departs=False, neighbour_holds=False, reproduced=False),
        ),
        counts=counts(claims),
        success=False,
        volatile=Volatile(
            begun="2026-01-01T00:00:00+00:00",
            seconds=12.5,
            import_seconds={"torch": 2.5},
            cell_seconds={"claim.correlate [torch float32]": 1.25},
            timings={"claim.correlate [torch float32]": {"the clock": {"rows": [{"image": "4 × 4", "seconds": 0.25}]}}},
        ),
    )


def counts(claims: Sequence[Claim]) -> Counts:
    cells = [c for one in claims for c in one.cells]
    wrongs, limits = [w for c in cells for w in c.wrongs], [x for c in cells for x in c.limits]
    return Counts(
        claims={v: sum(c.verdict == v for c in claims) for v in reversed(VERDICTS)},
        holds=sum(c.verdict in ("verified", "supported") for c in claims),
        qualified=sum(c.qualified for c in claims),
        cells=len(cells),
        cells_taking_no_part=sum(c.verdict not in VERDICTS for c in cells),
        comparisons=sum(c.comparisons for c in cells),
        elements=sum(c.elements for c in cells),
        wrongs=len(wrongs),
        wrongs_caught=sum(w.caught for w in wrongs),
        limits=len(limits),
        limits_shown=sum(x.shown for x in limits),
    )
