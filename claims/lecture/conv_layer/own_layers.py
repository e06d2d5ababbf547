"""The frameworks' own layer objects: how they are told to be plain, and in which layout and order they keep images and kernels."""

from typing import Any

from ...language import ask
from ..shared.layouts import KERNELS, LAYOUTS, transpose

OWN_LAYER: dict[str, Any] = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}


def own_layout(backend):
    return LAYOUTS.get(backend, "NCHW")


def the_other_layout(backend):
    return {"NCHW": "NHWC", "NHWC": "NCHW"}[own_layout(backend)]


def own_order(backend):
    return KERNELS[own_layout(backend)]


def the_other_order(backend):
    return KERNELS[the_other_layout(backend)]


def own_layer(backend, x, w, **settings):
    """The library's own layer on images NCHW and kernels OIHW, taken to its own layout and order."""
    image, kernel = transpose(x, "NCHW", own_layout(backend)), transpose(w, "OIHW", own_order(backend))
    return ask("own_conv_layer", x=image, w=kernel, **OWN_LAYER | settings)


def in_nchw(layer, backend):
    """What the library's own layer makes, from its own layout."""
    return layer.part("y").then(lambda y: transpose(y, own_layout(backend), "NCHW"))
