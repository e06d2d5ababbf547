"""Operator mutants of what a convolution costs: mistaken layers with the signatures of the right ones, ``mutant(lib, **the same arguments)``."""

from __future__ import annotations

import math


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


def kernel_not_shared(lib, layer):
    """A locally connected layer of four places: a kernel of its own for each."""
    report = lib.layer_parameters(layer)
    return report | {"learned": 4 * report["learned"]} if layer["kind"] == "convolution" else report


def first_row_left_out(lib, x, w, b, **settings):
    """The products of the kernel's first row are not made."""
    w = w.copy()
    w[:, :, 0] = 0
    return lib.cross_correlation2d(x, w, b, **settings)


def first_input_ignored(lib, x, w, b):
    """A fully connected layer that does not see the first pixel, wherever that is in the image."""
    w = w.copy()
    w[:, 0] = 0
    return lib.fully_connected(x, w, b)


def places_forgotten(lib, *, layers, size):
    """Each layer's multiply-adds as if its weights worked at one place only."""
    reports = lib.network_layers(layers, size=size)
    return [
        report | {"multiply_adds": report["multiply_adds"] // math.prod(report["output"][1:])} for report in reports
    ]
