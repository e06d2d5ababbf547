"""What the checks cost beside what they check, as ratios within one run: only those can be compared between machines.

``python -m benchmarks.speed`` writes docs/speed.md: minutes.
"""

from __future__ import annotations

import functools
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import psutil
from lectureclaims.claims.adjudication import adjudicate
from lectureclaims.claims.engine import lecture
from lectureclaims.claims.engine.cells import Library
from lectureclaims.claims.engine.experiments import Experiment, advance_all
from lectureclaims.claims.engine.ran import Selection, Unit, Variant
from lectureclaims.claims.language import Case, Figure, Timing, ask, same_bits, sweep
from lectureclaims.claims.language.claim import Stated
from lectureclaims.claims.lecture.convolution import output_size
from lectureclaims.claims.workers.worker import Worker
from lectureclaims.reference import libraries, mistakes, oracle
from lectureclaims.reference.exact import literal
from lectureclaims.reference.operators import catalogue

from . import detectors
from .table import Table

CLAIM = "convolution.output_size"
LAYER = {"x": (8, 32, 32, 32), "w": (32, 32, 3, 3)}
SETTINGS = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}
GROWTH = (100, 1_000, 10_000, 100_000, 1_000_000)
REPEATS = 5


TARGET = Path(__file__).parents[1] / "docs" / "speed.md"
HEAD = """# Speed

Written by `python -m benchmarks.speed`; do not edit. What the checks cost beside what they check: ratios of one run on one machine, for seconds
alone say as much of the machine. How a sweep grows stands in [many machines](scaling.md#measured).

"""


def main() -> None:
    for variable, value in libraries.ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    loaded = {name: libraries.load(name) for name in libraries.names()}
    for library in loaded.values():
        library.configure()
    tables = [table.markdown() for table in run(loaded)]
    TARGET.write_text(HEAD + "\n".join(tables), encoding="utf-8")


def run(loaded: Mapping[str, ModuleType]) -> Iterator[Table]:
    yield _sweep(loaded)
    yield _by_hand(loaded["torch"])
    yield _operators(loaded["torch"], loaded["numpy"])
    yield _oracle()
    yield _adjudications()
    yield _digits()
    yield _nothing_changed()


def _seconds(what: Callable[[], Any], *, repeats: int = 1) -> float:
    """The least of several times."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        what()
        times.append(time.perf_counter() - begin)
    return min(times)


def _calls(dtype: str) -> list[Any]:
    points = [*output_size.along("H"), *output_size.along("W"), *output_size.in_the_plane()]
    return [output_size.request(dtype, 0, point, output_size.SMALL_FIRST[-1]) for point in points]


def _made(library: ModuleType, calls: Iterable[Any]) -> None:
    for call in calls:
        with suppress(Exception):  # no window fits
            library.cross_correlation2d(**call.arguments)


def _sweep(loaded: Mapping[str, ModuleType]) -> Table:
    """The whole cell, four wrongs and a limit with it, against nothing but the library's calls, one after another."""
    book, rows, sums = lecture.read(), [], np.zeros(2)
    names = ("numpy", "scipy", "torch", "tensorflow")
    for name in names:
        judge = Library(book, Selection((CLAIM,), names), name, timeout=600)
        for dtype in ("float32", "float64"):
            calls = _calls(dtype)
            raw = _seconds(lambda library=loaded[name], calls=calls: _made(library, calls))
            whole = _seconds(functools.partial(judge.compute, Unit(CLAIM, name, dtype)))
            sums += raw, whole
            rows.append([name, dtype, f"{len(calls):,}", f"{raw:.1f}", f"{whole:.1f}", f"{whole / raw:.1f}"])
        judge.close()
    rows.append(["all", "", "", f"{sums[0]:.1f}", f"{sums[1]:.1f}", f"**{sums[1] / sums[0]:.1f}**"])
    says = "Seconds for the calls of one library alone, and for the cell: calls in a process of their own, wrongs, limit, literal sums."
    return Table(
        "The geometry sweep beside its calls",
        ["library", "format", "calls", "the calls, s", "the cell, s", "ratio"],
        rows,
        says,
    )


def _by_hand(torch: ModuleType) -> Table:
    """pytest with assert_close against SciPy, as one writes it by hand, on the values of the same sweep: its time, and the mistakes it misses."""
    with tempfile.TemporaryDirectory() as folder:
        test = Path(folder) / "test_by_hand.py"
        test.write_text(BY_HAND)
        took = _seconds(
            lambda: subprocess.run(
                [sys.executable, "-m", "pytest", "-q", str(test)], check=True, stdout=subprocess.DEVNULL
            )
        )
    begin = time.perf_counter()
    judge = Library(lecture.read(), Selection((CLAIM,), ("torch",), case="values"), "torch", timeout=600)
    judge.compute(Unit(CLAIM, "torch", "float32"))
    judge.close()
    ours = time.perf_counter() - begin
    known = mistakes.known("cross_correlation2d")
    rows = [["values, exhaustively, float32", f"{took:.1f}", f"{ours:.1f}", f"{ours / took:.1f}"]]
    rng, missed = np.random.default_rng(0), []
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((2, 4, 9, 8), (4, 4, 3, 3)))
    arguments = {"x": x, "w": w, "b": None, **SETTINGS}
    right = catalogue.OPERATIONS["cross_correlation2d"].function(**arguments)
    for mistake in known:
        if not any(mistakes.readings(mistake, "cross_correlation2d", arguments)):
            continue
        wrong = mistakes.commit(torch, mistake=mistake.name, operation="cross_correlation2d", **arguments)
        if wrong.shape == right.shape and not detectors.torch_default(wrong, right):
            missed.append(mistake.name)
    says = (
        f"Seconds with the start of every process. Of {len(known)} known mistakes of the operation, torch.testing.assert_close lets pass on one layer: "
        f"{', '.join(missed) or 'none'}."
    )
    return Table("A test by hand on the same cases", ["", "by hand", "the claim's case", "ratio"], rows, says)


BY_HAND = """
import itertools
import numpy as np, pytest, torch
from scipy.signal import correlate
torch.set_num_threads(1)
TWO = (1, 2)
POINTS = [p for p in itertools.product(range(1, 6), range(1, 6), range(1, 4), range(1, 4), TWO, TWO, TWO, (0, 1), TWO, TWO, TWO)]

def test_convolution():
    rng = np.random.default_rng(0)
    for H, W, ky, kx, sy, sx, d, p, n, i, o in POINTS:
        if H + 2 * p < d * (ky - 1) + 1 or W + 2 * p < d * (kx - 1) + 1:
            continue
        x = rng.integers(-8, 9, (n, i, H, W)).astype(np.float32)
        w = rng.integers(-8, 9, (o, i, ky, kx)).astype(np.float32)
        got = torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(w), stride=(sy, sx), padding=p, dilation=d).numpy()
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        spread = np.zeros((o, i, d * (ky - 1) + 1, d * (kx - 1) + 1), np.float32)
        spread[:, :, ::d, ::d] = w
        want = np.stack([[sum(correlate(a[c], k[c], "valid") for c in range(i))[::sy, ::sx] for k in spread] for a in padded])
        torch.testing.assert_close(torch.from_numpy(got), torch.from_numpy(want))
"""


class Pair(NamedTuple):
    """An operation, its arguments, and how many times PyTorch's time it may take."""

    operation: str
    arguments: dict[str, Any]
    most: float


def _operators(torch: ModuleType, numpy: ModuleType) -> Table:
    """The reference's operators beside PyTorch's own, through the same doors, one thread, float32."""
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in LAYER.values())
    upstream = rng.standard_normal((8, 32, 32, 32)).astype(np.float32)
    pooling = {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}
    norm = {"gamma": np.ones(32, np.float32), "beta": np.zeros(32, np.float32), "epsilon": 1e-5}
    pairs = (
        Pair("cross_correlation2d", {"x": x, "w": w, "b": None, **SETTINGS}, 2.0),
        Pair("cross_correlation2d_gradient", {"x": x, "w": w, "upstream": upstream, **SETTINGS}, 3.0),
        Pair("max_pooling2d", {"x": x, **pooling}, 1.5),
        Pair("batch_norm_training", {"x": x, **norm}, 4.0),
    )
    rows = []
    for pair in pairs:
        theirs, ours = (
            _seconds(functools.partial(getattr(library, pair.operation), **pair.arguments), repeats=REPEATS)
            for library in (torch, numpy)
        )
        rows.append(
            [pair.operation, f"{1e3 * theirs:.1f}", f"{1e3 * ours:.1f}", f"{ours / theirs:.1f}", f"{pair.most:g}"]
        )
    says = "Milliseconds, the least of five, at N 8, C 32, 32 × 32, k 3."
    return Table("The reference beside PyTorch", ["operation", "PyTorch", "reference", "ratio", "at most"], rows, says)


def _oracle() -> Table:
    """Seconds per million products, exact and rounded once."""
    rng, rows = np.random.default_rng(0), []
    for name, x_shape, w_shape in (
        ("a sweep's, 4 × 4 with 2 × 2", (1, 1, 4, 4), (1, 1, 2, 2)),
        ("8 × 8 with 3 × 3, 4 channels", (2, 4, 8, 8), (4, 4, 3, 3)),
        ("32 × 32 with 3 × 3, 16 channels", (2, 16, 32, 32), (16, 16, 3, 3)),
    ):
        x, w = (rng.standard_normal(shape) for shape in (x_shape, w_shape))
        settings = SETTINGS | {"padding": ((0, 0), (0, 0))}
        count = x_shape[0] * w[0].size * w_shape[0] * (x_shape[2] - w_shape[2] + 1) ** 2
        turns = max(1, 20_000 // count)

        def made(x: np.ndarray = x, w: np.ndarray = w, turns: int = turns, settings: Any = settings) -> None:
            for i in range(turns):
                oracle.cross_correlation2d(x + i, w, None, **settings)

        literal.convolution_terms.cache_clear()
        rows.append([name, f"{count:,}", f"{1e6 * _seconds(made) / (count * turns):.2g}"])
    return Table("The oracle", ["image and kernel", "products", "seconds per million products"], rows)


LARGE = {"x": (8, 64, 56, 56), "w": (64, 64, 3, 3)}
MILLION = {
    "conv2d, 8 × 64 × 56 × 56 by 64 × 64 × 3 × 3": ("cross_correlation2d", LARGE, SETTINGS),
    "conv2d, 1 × 3 × 8 × 8 by 4 × 3 × 3 × 3": ("cross_correlation2d", {"x": (1, 3, 8, 8), "w": (4, 3, 3, 3)}, SETTINGS),
    "linear, 1,000 × 1,000 by 1,000": ("fully_connected", {"x": (1000, 1000), "w": (1000, 1000)}, {}),
    "gelu, 1,000,000": ("gelu", {"x": (1_000_000,)}, {"approximate": "none"}),
    "softmax, 1,000 × 1,000": ("softmax", {"x": (1000, 1000)}, {"axis": 1}),
    "batch norm in training, 16 × 64 × 32 × 32": (
        "batch_norm_training",
        {"x": (16, 64, 32, 32), "gamma": (64,), "beta": (64,)},
        {"epsilon": 1e-5},
    ),
}


def _adjudications() -> Table:
    """A right result, and one that no mistake explains, so that all are tried: its first result moved by one element."""
    rows = []
    for what, (name, shapes, settings) in MILLION.items():
        operation, rng = catalogue.OPERATIONS[name], np.random.default_rng(0)
        arrays = {n: rng.standard_normal(shape).astype(np.float32) for n, shape in shapes.items()}
        call = functools.partial(operation.function, *(arrays.get(n) for n in operation.arrays), **settings)
        y = call()
        y = y[0] if isinstance(y, tuple) else y
        took = _seconds(call, repeats=REPEATS)
        row = [what, f"{took * 1e3:.3g}"]
        for output in (y, np.roll(y, 1)):
            oracle.remembered.forget()
            seconds = _seconds(
                functools.partial(adjudicate, name, inputs=arrays, outputs={"a": output}, parameters=settings)
            )
            row += [f"{seconds:.2f}", f"{seconds / took:.0f}"]
        rows.append(row)
    return Table(
        "An adjudication beside its operation",
        ["case", "NumPy, ms", "within, s", "ratio", "outside, all mistakes tried, s", "ratio"],
        rows,
        "float32, one thread; the oracle remembers nothing from before.",
    )


def _digits() -> Table:
    """GELU's oracle beside the same function in 60 decimal digits, an element."""
    from lectureclaims.reference.oracle import functions

    x = np.random.default_rng(0).standard_normal(100_000)
    few = x[:1000].tolist()
    digits = _seconds(lambda: [functions._gelu_in_digits(z) for z in few]) / len(few)
    oracle.remembered.forget()
    ours = _seconds(lambda: oracle.gelu(x, approximate="none")) / x.size
    row = [f"{digits * 1e6:.1f}", f"{ours * 1e6:.2f}", f"{digits / ours:.0f}"]
    return Table("GELU's oracle", ["in 60 digits, µs an element", "in double-double, µs", "times faster"], [row])


def _nothing_changed() -> Table:
    """A first run of a few claims and a second one, each with its reports, from the shell."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lectureclaims.reports.front.start", "verify", "convolution.*"]
        command += ["--backend=numpy", "--backend=torch", f"--store={folder}/store", f"--out={folder}/out"]
        first, again = (
            _seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            for _ in "12"
        )
    rows = [[f"{first:.1f}", f"{again:.2f}", f"{first / again:.0f}"]]
    return Table(
        "Nothing changed", ["first run, seconds", "second run", "ratio"], rows, "`convolution.*` on NumPy and PyTorch."
    )


class Numbered(NamedTuple):
    """The number of a case."""

    n: int


def growth() -> Iterator[Table]:
    """A sweep of so many cases, each of its own, on NumPy: time, and the most memory that judge and library took; each in a fresh judge."""
    rows, told = [], dict[int, list[float]]()
    for count in GROWTH:
        asked = [sys.executable, "-c", f"from benchmarks import speed; speed.grown({count})"]
        said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
        elapsed, used, judge, library, size = told[count] = [*map(float, said.split())]
        row = [f"{count:,}", f"{elapsed:.1f}", f"{used:.1f}", f"{1e6 * used / count:.0f}"]
        rows.append([*row, f"{judge:.0f}", f"{library:.0f}", f"{size:,.0f}"])
    heads = ["cases", "seconds", "of processors", "µs a case", "judge, MiB", "library, MiB", "bytes of the result"]
    says = "Correlations of 5 × 5 images with 3 × 3 kernels, each with other numbers, bit for bit; one process judges, one computes."
    yield Table("Growth of a sweep", heads, rows, says)
    _, used, judge, library, size = told[GROWTH[-1]]
    costs = [
        [f"10{power}", f"{count * used / GROWTH[-1] / 3600:.2g}", f"{judge + library:.0f}", f"{size:,.0f}"]
        for power, count in (("⁶", 10**6), ("⁸", 10**8))
    ]
    heads = ["cases", "core-hours", "MiB a pair of processes", "bytes stored a cell"]
    yield Table(
        "What such cases cost",
        heads,
        costs,
        "By the last line of the growth: time is linear, memory is not more with more.",
    )


def grown(count: int) -> None:
    """Print seconds, those of processors, MiB of this process and of the library's, and the bytes of the row."""
    from lectureclaims.claims.record import file

    worker = Worker("numpy", timeout=600)
    worker.start()
    most = [0, 0]
    keeper = psutil.Process(worker._process._process.pid)  # pyright: ignore[reportOptionalMemberAccess]
    family = [keeper, *keeper.children(recursive=True)]

    def build(point: Numbered, design: str) -> Any:
        numbers = (np.arange(34, dtype=np.float64) + point.n) % 17 - 8
        numbers[0] = point.n
        return ask(
            "cross_correlation2d",
            x=numbers[:25].reshape(1, 1, 5, 5),
            w=numbers[25:].reshape(1, 1, 3, 3),
            b=None,
            **(SETTINGS | {"padding": ((0, 0), (0, 0))}),
        )

    def judge(outcome: Any, point: Numbered, design: str) -> Any:
        if not point.n % 1000:
            most[:] = (
                max(most[0], psutil.Process(os.getpid()).memory_info().rss),
                max(most[1], max(one.memory_info().rss for one in family)),
            )
        given = build(point, design).arguments
        windows = np.lib.stride_tricks.sliding_window_view(given["x"][0, 0], (3, 3))
        return same_bits(
            outcome, (windows * given["w"][0, 0]).sum((2, 3))[None, None], label="values", source="the sum"
        )

    case = Case("benchmarks.growth", "growth", {}, dtype="float64", backend="numpy", seed=0)
    points = map(Numbered, range(count))
    steps = sweep(case, points, build, judge, label="values", source="the sum", designs=("only",))
    variant = Variant()
    gc.set_threshold(100_000, 50, 50)
    begin, before = time.perf_counter(), time.process_time()
    advance_all([Experiment(variant, case, steps, None, {kind: {} for kind in (Figure, Timing, Stated)})], worker, ())
    seconds, own = time.perf_counter() - begin, time.process_time() - before
    theirs = [one.cpu_times() for one in family]
    worker.close()
    (row,) = variant.rows
    assert row.agrees, row
    print(
        seconds,
        own + sum(times.user + times.system for times in theirs),
        most[0] / 2**20,
        most[1] / 2**20,
        len(file.pack(row)),
    )


if __name__ == "__main__":  # the libraries' processes import no benchmark
    main()
