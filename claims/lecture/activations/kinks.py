"""What becomes of a derivative where a function has a kink: at 0, of ReLU and of the absolute value."""

import numpy as np

from ....reference import oracle
from ...language import ask, fact, same_bits, smallest
from ..shared.floats import SIGNED, Number, Spelled, in_words, nans, numbers, row, seen_by, upstream_for, word

DEFINITION = "the definition, by cases"


def relu_slope(z):
    """1 for z > 0, 0 for z < 0."""
    return (z > 0).astype(z.dtype)


def relu6_slope(z):
    """The mistake: as if ReLU were clipped at 6."""
    return ((z > 0) & (z < 6)).astype(z.dtype)


def quotients(f, z):
    """(f(z) − f(z − ½))/½ and (f(z + ½) − f(z))/½, from values that are exact."""
    left, here, right = f(np.array([z - 0.5, z, z + 0.5]))
    return word((here - left) / 0.5), word((right - here) / 0.5)


def gradient_is_the_slope(operation, case):
    """The library's derivative is the slope from the left and from the right: not at the kink, where it is a choice."""
    value = getattr(oracle, operation)

    def literal(g, p):
        both = in_words(g).then(lambda slope: (slope, slope))
        label = f"the gradient at z = {p.z:g} is the slope from the left and from the right"
        return fact(both, quotients(value, p.z), label=label, source="difference quotients")

    def instead(g, p):
        source = "a choice between the slopes of the two sides"
        return fact(in_words(g), "0", label=f"the gradient at z = {p.z:g}", source=source)

    def build(p):
        return ask(f"{operation}_gradient", x=row(p.z, case.dtype), upstream=row(1, case.dtype))

    yield from smallest([Number(z) for z in SIGNED], build, literal, instead=instead, order="by |z|")


def gradient_by_cases(operation, case, slope, label):
    """The slope on either side of the kink; at the kink there is none, and every library's own operation chooses 0."""
    z = numbers(case.dtype)
    z = z[z != 0]
    g = yield ask(operation, x=z, upstream=upstream_for(z))
    wanted = slope(seen_by(case.backend, operation, z)) * upstream_for(z)
    yield same_bits(g, wanted, label=label, source=DEFINITION)
    zeros = np.zeros(5, case.dtype)
    g = yield ask(operation, x=zeros, upstream=np.full_like(zeros, 3))
    yield same_bits(g, zeros, label="the choice at z = 0: no gradient", source="the libraries' documentation: 0")


def nan_stays_nan(operation, case):
    z = nans(case.dtype)
    count = (yield ask(operation, x=z)).then(lambda a: int(np.isnan(a).sum()))
    yield fact(count, z.size, label="NaN stays NaN: how many", source=DEFINITION)


AT_ZERO = {
    "torch.relu(z)": "0",
    "torch.nn.functional.relu6(z)": "0",
    "torch.where(z > 0, z, 0)": "0",
    "z * (z > 0)": "0",
    "(z + torch.abs(z)) / 2": "0.5",
    "torch.maximum(z, 0)": "0.5",
    "torch.amax([z, 0])": "0.5",
    "torch.max([z, 0])": "1",
    "torch.clamp(z, min=0)": "1",
    "torch.where(z >= 0, z, 0)": "1",
    "tf.nn.relu(z)": "0",
    "tf.nn.relu6(z)": "0",
    "keras.activations.relu(z)": "0",
    "tf.maximum(0, z)": "0",
    "tf.where(z > 0, z, 0)": "0",
    "(z + tf.abs(z)) / 2": "0.5",
    "tf.reduce_max([z, 0])": "0.5",
    "tf.maximum(z, 0)": "1",
    "keras.ops.maximum(z, 0)": "1",
    "tf.clip_by_value(z, 0, ∞)": "1",
    "tf.where(z >= 0, z, 0)": "1",
    "torch.abs(z)": "0",
    "torch.relu(z) + torch.relu(-z)": "0",
    "z * torch.sign(z)": "0",
    "torch.linalg.vector_norm([z])": "0",
    "torch.maximum(z, -z)": "0",
    "torch.where(z >= 0, z, -z)": "1",
    "torch.sqrt(z * z)": "nan",
    "tf.abs(z)": "0",
    "tf.nn.relu(z) + tf.nn.relu(-z)": "0",
    "z * tf.sign(z)": "0",
    "tf.maximum(z, -z)": "1",
    "tf.where(z >= 0, z, -z)": "1",
    "tf.sqrt(z * z)": "nan",
    "tf.norm([z])": "nan",
}
"""Way to write max(0, z) or |z| → its derivative at 0."""


def all_spellings_agree(listed, asked, case):
    """Every way to write the function has the first one's derivative: at 0 they have not."""
    functions = (yield ask(listed)).value

    def build(p):
        x = row(p.z, case.dtype)
        return [ask(asked, x=x, function=functions[0]), ask(asked, x=x, function=p.function)]

    def literal(both, p):
        first, other = map(in_words, both)
        label = f"{p.function} has the derivative of {functions[0]} at z = {p.z:g}"
        return fact(other, first.value, label=label, source="the first way to write it")

    def slope_at_zero(g, function, label):
        slope = in_words(g)
        return fact(slope, AT_ZERO.get(function, slope.value), label=label, source="seen")

    yield from smallest(
        [Spelled(f, z) for z in SIGNED[:3] for f in functions[1:]],
        build,
        literal,
        instead=lambda both, p: slope_at_zero(both[1], p.function, f"{p.function} at {p.z:g}"),
        order="by |z|, then in the order of the library's list",
    )
    slopes = yield [ask(asked, x=row(0, case.dtype), function=f) for f in functions]
    for function, g in zip(functions, slopes, strict=True):
        yield slope_at_zero(g, function, f"the derivative of {function} at 0")
