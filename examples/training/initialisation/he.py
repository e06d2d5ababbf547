"""How large activations are after ten layers of ReLU, over seeds, with He's weights and with Glorot's."""

import numpy as np
from lectureclaims.claims.language import claim, population
from lectureclaims.claims.language.statistics import Contrast

SEEDS = {"layers": 20}
WIDTH, DEPTH, INPUTS = 64, 10, 32
HE = Contrast("mean square after ten layers / of the input, He", "ratio", "layers", "he", "input")
GLOROT = Contrast("mean square after ten layers / of the input, Glorot", "ratio", "layers", "glorot", "input")
EFFECTS = (HE, GLOROT)
GATES = (
    HE.within(0.25, 2.0, "the size is kept", "0.76 [0.55, 1.06] on the first seeds"),
    GLOROT.below(
        0.002, "with Glorot's variance it is lost", "0.00074 [0.00054, 0.00104] on the first seeds", role="control"
    ),
)

he = claim(
    "initialisation.he",
    """
    With weights of the variance 2/n_in the mean square of the activations is about that of the input after ten layers of ReLU; with Glorot's, half
    as large in layers of one width, it halves in each.

    Scope: ten layers of 64 units, normal weights and inputs, no biases

    Finding: after ten layers {the size is kept} of the mean square is there, with Glorot's {with Glorot's variance it is lost}

    Sources:
    - He, Zhang, Ren, Sun (2015), Delving deep into rectifiers, §2.2
    """,
    kind="statistical",
    expected="supported",
)
population.over_seeds(he, __name__)


def layers(lib, *, seeds, dtype):
    """The mean squares, [S]."""
    found = {"input": [], "he": [], "glorot": []}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x, drawn = rng.standard_normal((INPUTS, WIDTH)), rng.standard_normal((DEPTH, WIDTH, WIDTH))
        found["input"].append((x**2).mean())
        for arm, variance in (("he", 2 / WIDTH), ("glorot", 2 / (WIDTH + WIDTH))):
            h = x.astype(dtype)
            for w in (np.sqrt(variance) * drawn).astype(dtype):
                h = lib.relu(lib.fully_connected(h, w, None))
            found[arm].append((h.astype(np.float64) ** 2).mean())
    return {name: np.array(values) for name, values in found.items()}
