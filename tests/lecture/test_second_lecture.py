"""The second lecture, in ``examples/training``: it is whole, it holds on NumPy and PyTorch, and what is mistaken in it is noticed."""

import re
import shutil
from pathlib import Path

import pytest
from lectureclaims.claims.engine import lecture, verification
from lying import run_command

HOME = Path(__file__).parents[2] / "examples/training"
BOOK = lecture.read(HOME)


def test_it_is_whole():
    kinds = [claim.kind for claim in BOOK.claims.values()]
    assert BOOK.unaccounted == () and set(BOOK.ids) == {*BOOK.claims}
    assert len(kinds) == 18 and kinds.count("statistical") == 2
    assert sum(bool(claim.limits) for claim in BOOK.claims.values()) == 12
    assert all(claim.wrongs and claim.prose.sources and claim.prose.scope for claim in BOOK.claims.values())
    assert all(bool(claim.prose.instead) == bool(claim.limits) for claim in BOOK.claims.values())


def test_it_holds_on_numpy_and_pytorch(tmp_path):
    ran = run_command(
        "lecture-claims", "verify", "--lecture", str(HOME), "--backend=numpy", "--backend=torch", "--out", str(tmp_path)
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "18 of 18 claims hold, 12 of them qualified" in ran.stdout
    caught, wrongs, shown, limits = map(
        int, re.search(r"(\d+) of (\d+) wrongs caught, (\d+) of (\d+) limits", ran.stdout).groups()
    )
    assert caught == wrongs > 100 and shown == limits > 40
    assert "To change in the notes: 4 that fail as worded, 8 that need a condition" in ran.stdout
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    text = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)
    for word in ("convolution.", "conv_layer", "batch_norm", "saturation"):
        assert word not in text, "a word of the first lecture"


def verdict(home, claim, dtype="float64"):
    way = verification.Way(in_process=True)
    (found,) = verification.verify([claim], backends=["numpy"], dtypes=[dtype], lecture_folder=home, way=way).claims
    return found.verdict


@pytest.mark.parametrize(
    "file, said, instead, claim, verdict_then",
    [
        ("optimisers/descent.py", "w = w - rate * v", "w = w + rate * v", "optimisers.descent", "refuted"),
        (
            "optimisers/descent.py",
            "momentum * v + g +",
            "(1 - momentum) * v * 3 + g +",
            "optimisers.momentum",
            "refuted",
        ),
        (
            "optimisers/descent.py",
            "velocity = velocity / 2 - g / 4\n    return velocity, velocity",
            "return velocity, velocity",
            "optimisers.textbook_momentum",
            "refuted",
        ),
        (
            "optimisers/descent.py",
            "2.0**-change.n), momentum=0.5),",
            "1.0), momentum=0.5),",
            "optimisers.textbook_momentum",
            "inconclusive",
        ),
        ("optimisers/descent.py", "2.0**-rate.n,)", "1.0,)", "optimisers.descent", "inconclusive"),
        (
            "optimisers/adam.py",
            "first, second = m / (1 - BETAS[0])",
            "first, second = m",
            "optimisers.first_step",
            "refuted",
        ),
        ("optimisers/adam.py", "w * (1 - RATE * decay)", "w * (1 - decay)", "optimisers.decoupled", "refuted"),
        (
            "optimisers/adam.py",
            "(1 - BETAS[1]) * gradient * gradient",
            "(1 - BETAS[1]) * abs(gradient)",
            "optimisers.averages",
            "refuted",
        ),
        ("optimisers/valleys.py", "v = share * v +", "v = 0 * v +", "optimisers.momentum_is_faster", "inconclusive"),
        ("losses/entropy.py", "return p - y", "return p - y / 2", "losses.gradient", "refuted"),
        ("losses/entropy.py", "(up - down) / 2", "up - down", "losses.squared_error", "refuted"),
        ("losses/entropy.py", "np.mean((a - b) ** 2), ", "np.median((a - b) ** 2), ", "losses.mean", "refuted"),
        (
            "initialisation/beginning.py",
            "OUT = np.array([[[1.0, 1.0]",
            "OUT = np.array([[[1.0, 2.0]",
            "initialisation.symmetry",
            "refuted",
        ),
        ("initialisation/beginning.py", "size=0.0", "size=0.25", "initialisation.zero", "refuted"),
        (
            "initialisation/beginning.py",
            "math.sqrt(6 / sum(shape))",
            "math.sqrt(3 / sum(shape))",
            "initialisation.glorot",
            "refuted",
        ),
        ("initialisation/he.py", '("he", 2 / WIDTH)', '("he", 1 / WIDTH)', "initialisation.he", "not supported"),
    ],
)
def test_a_mistake_in_it_is_noticed(tmp_path, file, said, instead, claim, verdict_then):
    home = shutil.copytree(HOME, tmp_path / "lecture", ignore=shutil.ignore_patterns("__pycache__"))
    text = (home / file).read_text(encoding="utf-8")
    assert text.count(said) == 1, said
    (home / file).write_text(text.replace(said, instead), encoding="utf-8")
    assert verdict(home, claim) == verdict_then
