"""Looking at the objective around the parameters while a network trains.

At theta, with g = grad L(theta) on the batch of that step and theta_m = theta - m rate g for m in MULTIPLES:

    range      max_m L(theta_m) - min_m L(theta_m)
    change     max_m |grad L(theta_m) - g|
    beta       max_m |grad L(theta_m) - g| / (m rate |g|)        the effective smoothness along the step
    nonlinear  |L(theta + D) - L - <g, D>| / |<g, D>|  with  D_w = -RHO |w| g_w/|g_w| for each weight matrix w

The first three are those of Santurkar, Tsipras, Ilyas, Madry 2018, 3.1, and depend on how the network is scaled; the last does not.
"""

import numpy as np

from ....reference.networks.notation import parameter_names
from ...language import training

MULTIPLES = (0.5, 1.0, 2.0, 3.0, 4.0)
RHO = 0.03
MEASURES = ("range", "change", "beta", "nonlinear")
BAND_SEEDS = 6


class Watch:
    """An ``observe`` of ``training.train``: measures at the steps `looked_at`, and bands for a figure at the steps `bands`.

    With `variants` the same parameters are also looked at with frozen statistics and with tripled hidden weights.
    """

    def __init__(self, lib, network, *, arm, rate, looked_at, bands, variants):
        self.lib, self.network, self.arm, self.rate = lib, network, arm, rate
        self.looked_at, self.bands, self.variants = looked_at, bands, variants
        self.seen = {}

    def __call__(self, step, parameters, x, targets, loss, gradients, extra):
        here = parameters, x, targets, loss, gradients
        if step in self.bands:
            losses, changes = along_the_step(self.lib, self.network, *_seeds(here, BAND_SEEDS), rate=self.rate)
            self._keep(f"band_loss.{self.arm}", losses)
            self._keep(f"band_change.{self.arm}", changes)
        if step in self.looked_at:
            self._measure(self.arm, self.network, *here)
            if self.variants:
                self._frozen(here, extra["statistics"])
                self._tripled(here, extra["logits"])

    def measured(self):
        """Measures averaged over the steps looked at, [S]; bands [steps, multiples, seeds]."""
        return {name: np.stack(a) if name.startswith("band") else np.mean(a, 0) for name, a in self.seen.items()}

    def _measure(self, arm, network, *here, statistics=None):
        losses, changes = along_the_step(self.lib, network, *here, rate=self.rate, statistics=statistics)
        lengths = np.array(MULTIPLES)[:, None] * self.rate * training.norm(here[4])
        self._keep(f"range.{arm}", losses.max(0) - losses.min(0))
        self._keep(f"change.{arm}", changes.max(0))
        self._keep(f"beta.{arm}", (changes / lengths).max(0))
        self._keep(f"nonlinear.{arm}", nonlinearity(self.lib, network, *here, statistics=statistics))

    def _frozen(self, here, statistics):
        """The batch's own statistics, held still: the function is the same at theta, but not around it."""
        network = training.frozen(self.network)
        parameters, x, targets = here[:3]
        loss, gradients, _ = training.evaluate(self.lib, network, parameters, x, targets, statistics=statistics)
        self._measure("frozen", network, parameters, x, targets, loss, gradients, statistics=statistics)

    def _tripled(self, here, logits):
        """Three times every weight and bias that batch norm follows."""
        parameters, x, targets = here[:3]
        hidden = [
            name
            for layer in self.network[:-1]
            if layer["kind"] == "fully_connected"
            for name in parameter_names([layer])
        ]
        larger = {name: 3 * array if name in hidden else array for name, array in parameters.items()}
        loss, gradients, extra = training.evaluate(self.lib, self.network, larger, x, targets)
        self._measure("tripled", self.network, larger, x, targets, loss, gradients)
        self._keep("logits.tripled", abs(extra["logits"] - logits).max((1, 2)) / abs(logits).max((1, 2)))

    def _keep(self, name, array):
        self.seen.setdefault(name, []).append(array)


def along_the_step(lib, network, parameters, x, targets, loss, gradients, *, rate, statistics=None):
    """L(theta_m) and |grad L(theta_m) - g|, both [multiples, S]."""
    losses, changes = [], []
    for multiple in MULTIPLES:
        there = training.descend(parameters, gradients, rate * multiple)
        value, slope, _ = training.evaluate(lib, network, there, x, targets, statistics=statistics)
        losses.append(value)
        changes.append(training.norm({name: slope[name] - gradients[name] for name in slope}))
    return np.stack(losses), np.stack(changes)


def nonlinearity(lib, network, parameters, x, targets, loss, gradients, *, statistics=None):
    """How far the loss is from its tangent after a step of RHO of each weight matrix's own norm, relative to the tangent's fall."""
    there, fall = dict(parameters), 0.0
    for layer in network:
        if "weight" in layer:
            weight, slope = ({layer["weight"]: arrays[layer["weight"]]} for arrays in (parameters, gradients))
            length = RHO * training.norm(weight) / training.norm(slope)
            there |= training.descend(weight, slope, length)
            fall = fall - length * training.inner(slope, slope)
    after = training.evaluate(lib, network, there, x, targets, statistics=statistics)[0]
    return abs(after - loss - fall) / abs(fall)


def _seeds(here, count):
    """The first `count` seeds of everything."""
    return tuple({n: a[:count] for n, a in part.items()} if isinstance(part, dict) else part[:count] for part in here)
