"""The lecture's section “Conv2d operation in PyTorch”: how many parameters."""

import functools
import math
from decimal import Decimal
from typing import NamedTuple

from .....reference.networks import layers
from ....language import Figure, Wrong, ask, claim, fact, smallest
from ...shared.geometry import FORMULA
from .networks import PUBLISHED, batch_norm, convolution, fully_connected

# --- “how many parameters are in this convolution?” ---------------------------------------------------------------------


def learned(layer):
    """k_x k_y (Cin ÷ groups) Cout, and Cout more with a bias; I·O + O; 2C; C."""
    match layer["kind"]:
        case "convolution":
            ky, kx = layer["kernel"]
            cout = layer["channels_out"]
            return ky * kx * (layer["channels_in"] // layer["groups"]) * cout + (cout if layer["bias"] else 0)
        case "fully_connected":
            return layer["features_in"] * layer["features_out"] + layer["features_out"]
        case "batch_norm":
            return 2 * layer["channels"]
        case "prelu":
            return layer["channels"]
        case _:
            return 0


def not_learned(layer):
    """The running mean and variance of a batch norm."""
    return 2 * layer["channels"] if layer["kind"] == "batch_norm" else 0


def bias_forgotten(layer):
    return learned({**layer, "bias": False}) if layer["kind"] == "convolution" else learned(layer)


def cin_forgotten(layer):
    return learned({**layer, "channels_in": layer["groups"]}) if layer["kind"] == "convolution" else learned(layer)


def running_statistics_counted(layer):
    return learned(layer) + not_learned(layer)


def every_weight_at_every_place(row):
    return row.multiply_adds


def once_a_weight(row):
    """The mistake of taking the number of weights for the work."""
    return row.multiply_adds // math.prod(row.output[1:])


SINGLE = {
    "the lecture's convolution, 3 × 5, without bias": {**convolution(3, 8, 3, bias=False), "kernel": (3, 5)},
    "with bias": {**convolution(3, 8, 3), "kernel": (3, 5)},
    "two groups": convolution(4, 6, 3, groups=2),
    "one channel": convolution(1, 1, 3),
    "fully connected": fully_connected(70, 50),
    "batch norm": batch_norm(7),
    "PReLU, one slope a channel": {"kind": "prelu", "channels": 5},
}


parameter_count = claim(
    "conv_layer.parameter_count",
    """
    A convolution has k_x k_y Cin Cout learned parameters (Cin ÷ groups where there are groups), and Cout more with a
    bias, and each framework's own layer says so. A fully connected layer has I·O + O, a batch norm 2C learned and 2C
    not, a PReLU C. LeNet-5, AlexNet, VGG-16 and ResNet-50, built of each framework's own layers, fit together with
    the output sizes, parameters and multiply-adds that the formulas give layer by layer, and have the published
    numbers.

    Scope: counts that the frameworks' own layer objects report; each published network in the variant named, run on
    one input without numbers (a tensor on PyTorch's meta device, a symbolic tensor of Keras'); multiply-adds by the
    framework's own counter, which does not see into Keras' grouped convolutions; without response normalisation and
    dropout

    Sources:
    - LeCun et al. (1998)
    - Krizhevsky et al. (2012, 2014)
    - Simonyan & Zisserman (2015)
    - He et al. (2016)
    - Sze, Chen, Yang, Emer (2017)
    """,
    kind="exact",
    expected="verified",
    dtypes=(None,),
    about=("torch", "tensorflow"),
)


def groups_forgotten(lib, *, layers, size):
    """Each convolution sees every channel: AlexNet on one GPU, with the two GPUs' numbers of channels."""
    return lib.network_layers([layer | {"groups": 1} if "groups" in layer else layer for layer in layers], size=size)


def stride_in_the_other_convolution(lib, *, layers, size):
    """Of a bottleneck block's first two convolutions the other one has the stride: the other of the two ResNet-50s."""
    strides = {layer["name"]: layer["stride"] for layer in layers if layer["kind"] == "convolution"}
    other = {"1": "2", "2": "1"}

    def exchanged(layer):
        block, _, place = layer["name"].rpartition(".")
        return layer | {"stride": strides[f"{block}.{other[place]}"]} if block and place in other else layer

    return lib.network_layers([exchanged(layer) for layer in layers], size=size)


MISCOUNTED = {
    "bias forgotten": {"count": bias_forgotten},
    "Cin forgotten": {"count": cin_forgotten},
    "running statistics counted as learned": {"count": running_statistics_counted},
}


@parameter_count.each({name: {"layer": layer} for name, layer in SINGLE.items()}, wrongs=MISCOUNTED)
def single_layers(case, *, count=learned):
    report = yield ask("layer_parameters", layer=case.layer)
    yield fact(report.then(lambda r: r["learned"]), count(case.layer), label="learned", source=FORMULA)
    wanted = not_learned(case.layer)
    yield fact(report.then(lambda r: r["not_learned"]), wanted, label="not learned", source=FORMULA)


@parameter_count.each(
    {name: {"network": name} for name in PUBLISHED},
    wrongs=MISCOUNTED
    | {
        "as many multiply-adds as weights": Wrong(says={"work": once_a_weight}, needs=("network_layers",)),
        "groups forgotten": Wrong(
            operations={"network_layers": groups_forgotten}, cases=("AlexNet, two groups",), needs=("network_layers",)
        ),
        "the stride in a block's other convolution": Wrong(
            operations={"network_layers": stride_in_the_other_convolution},
            cases=("ResNet-50",),
            needs=("network_layers",),
        ),
    },
)
def published_networks(case, *, count=learned, work=every_weight_at_every_place):
    """Each network of the library's own layers, run on an input that has a size and no numbers: each layer's report."""
    network = PUBLISHED[case.network]
    resolved, rows = layers.resolve(network.build(), network.size), layers.table(network.build(), network.size)
    reports = yield ask("network_layers", layers=resolved, size=network.size)
    wanted = {
        "output": [row.output for row in rows],
        "parameters": [count(layer) for layer in resolved],
        "multiply_adds": [work(row) for row in rows],
    }
    for what, numbers in wanted.items():
        differing = reports.then(functools.partial(layers.differences, wanted=numbers, what=what))
        yield fact(differing, layers.ALL_AGREE, label=f"{what.replace('_', '-')}, layer by layer", source=FORMULA)
    whole = reports.then(lambda r: sum(report["parameters"] for report in r))
    yield fact(whole, sum(wanted["parameters"]), label="learned, summed over the layers", source=FORMULA)
    if count is learned:
        yield fact(whole, network.learned, label="learned, against the published number", source=network.source)
    counted = [report["multiply_adds"] for report in reports.value]
    if network.multiply_adds and None not in counted:
        printed = f"{Decimal(sum(counted)).scaleb(-network.power):.{len(network.multiply_adds.partition('.')[2])}f}"
        label = f"multiply-adds ÷ 10^{network.power}, as they are printed"
        yield fact(reports.then(lambda _: printed), network.multiply_adds, label=label, source=network.counted_by)
    table = [[r.name, r.kind, list(r.takes), list(r.output), r.parameters, r.multiply_adds] for r in rows]
    about = {"network": case.network, "source": network.source, "input": list(network.size)}
    yield Figure(f"layers/{case.network}", about | {"rows": table})


class Network(NamedTuple):
    """A model of keras.applications."""

    network: str


IN_THE_PAPER = {"VGG16": "VGG-16", "ResNet50": "ResNet-50"}


@parameter_count.limit("ResNet-50 in Keras", backends=("tensorflow",))
def _(case):
    """“ResNet-50” does not have one number of parameters: Keras' own model has 25,583,592 learned ones where
    torchvision's has 25,557,032, for its convolutions have biases. Keras' VGG16 has the published number.
    """

    def literal(own, p):
        wanted = PUBLISHED[IN_THE_PAPER[p.network]]
        return fact(
            own.then(lambda r: r["learned"]), wanted.learned, label=f"Keras' own {p.network}", source=wanted.source
        )

    def instead(own, p):
        wanted = PUBLISHED[f"{IN_THE_PAPER[p.network]}, convolutions with bias"]
        label = f"Keras' own {p.network}, convolutions with bias"
        return fact(own.then(lambda r: r["learned"]), wanted.learned, label=label, source=wanted.source)

    yield from smallest(
        [Network(name) for name in IN_THE_PAPER],
        lambda p: ask("own_network_parameters", network=p.network),
        literal,
        instead=instead,
        order="by the year of publication",
    )
