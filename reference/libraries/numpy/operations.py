"""NumPy: the reference itself. Arrays in and out as they are: [N, C, H, W], kernel [Cout, Cin/groups, ky, kx]."""

import os

import ml_dtypes
import numpy as np
import threadpoolctl

# The operators' own names are the phrases; nothing stands between.
from ...operators.absolute_value import absolute_value, absolute_value_gradient  # noqa: F401
from ...operators.area_resampling import area_resampling2d, area_resampling2d_gradient  # noqa: F401
from ...operators.average_pooling import average_pooling2d, average_pooling2d_gradient  # noqa: F401
from ...operators.batch_norm import batch_norm_gradient, batch_norm_inference, batch_norm_running, batch_norm_training  # noqa: F401
from ...operators.bilinear_resampling import bilinear_resampling2d, bilinear_resampling2d_gradient  # noqa: F401
from ...operators.convolution import convolution1d, convolution2d  # noqa: F401
from ...operators.cross_correlation import (  # noqa: F401
    cross_correlation1d,
    cross_correlation1d_gradient,
    cross_correlation2d,
    cross_correlation2d_gradient,
)
from ...operators.cross_entropy import (  # noqa: F401
    cross_entropy,
    cross_entropy_gradient,
    cross_entropy_of_probabilities,
    cross_entropy_of_probabilities_gradient,
)
from ...operators.fully_connected import fully_connected, fully_connected_gradient  # noqa: F401
from ...operators.gelu import gelu  # noqa: F401
from ...operators.leaky_relu import leaky_relu, leaky_relu_gradient  # noqa: F401
from ...operators.logistic import logistic, logistic_gradient  # noqa: F401
from ...operators.max_pooling import max_pooling2d, max_pooling2d_gradient  # noqa: F401
from ...operators.nearest_resampling import nearest_resampling2d, nearest_resampling2d_gradient  # noqa: F401
from ...operators.prelu import prelu, prelu_gradient  # noqa: F401
from ...operators.relu import relu, relu_gradient  # noqa: F401
from ...operators.softmax import softmax, softmax_gradient  # noqa: F401
from ...operators.tanh import tanh, tanh_gradient  # noqa: F401
from .. import Unsupported
from .defaults import *  # noqa: F403  (all of them, as they are)
from .training import value_and_gradient as value_and_gradient


def configure():
    """One thread, also where the environment variables came too late."""
    threadpoolctl.threadpool_limits(1)


def environment():
    build = np.show_config(mode="dicts")  # pyright: ignore[reportCallIssue]
    return {
        "versions": {"numpy": np.__version__},
        "build": {
            "blas": build["Build Dependencies"]["blas"]["name"],
            "blas version": build["Build Dependencies"]["blas"]["version"],
            "simd": list(build["SIMD Extensions"].get("found", [])),
        },
        "threads": {pool["prefix"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()},
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        "flushes subnormals": {
            dtype: not np.any(np.full(8, ml_dtypes.finfo(dtype).smallest_normal, dtype) * np.full(8, 0.5, dtype))
            for dtype in ("float16", "bfloat16", "float32", "float64")
        },
        "default layout": "NCHW",
    }


def own_convolutions():
    return (("np.convolve", 1), ("np.correlate", 1))


def own_convolution(x, w, *, function):
    if function == "np.convolve":
        return np.convolve(x, w, mode="valid")
    if function == "np.correlate":
        return np.correlate(x, w, mode="valid")
    raise Unsupported(f"NumPy has no {function}")


def raw_convolution2d(x, w, *, layout):
    # The reference knows one layout; that it has no argument for another is part of the answer.
    if layout != "default":
        raise Unsupported("NumPy has no layout argument")
    return cross_correlation2d(x, w, None, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1)


def raw_max_pooling2d(x, *, window, stride, layout):
    if layout != "default":
        raise Unsupported("NumPy has no layout argument")
    return max_pooling2d(x, window=window, stride=stride, padding=((0, 0), (0, 0)))


def raw_batch_norm_inference(x, gamma, beta, mean, variance, *, epsilon, layout):
    if layout != "default":
        raise Unsupported("NumPy has no layout argument")
    return batch_norm_inference(x, gamma, beta, mean, variance, epsilon=epsilon)


def memory_order(x, *, layout):
    raise Unsupported("NumPy has no memory formats beside the order of the axes")


def layer_parameters(layer):
    """NumPy has no layers: the arrays that the operators ask for are counted, element by element."""
    if layer["kind"] == "convolution":
        learned = {"w": (layer["channels_out"], layer["channels_in"] // layer["groups"], *layer["kernel"])}
        learned |= {"b": (layer["channels_out"],)} if layer["bias"] else {}
        not_learned = {}
    elif layer["kind"] == "fully_connected":
        learned = {"w": (layer["features_out"], layer["features_in"])}
        learned |= {"b": (layer["features_out"],)} if layer["bias"] else {}
        not_learned = {}
    elif layer["kind"] == "batch_norm":
        learned = {"gamma": (layer["channels"],), "beta": (layer["channels"],)}
        not_learned = {"mean": (layer["channels"],), "variance": (layer["channels"],)}
    elif layer["kind"] == "prelu":
        learned, not_learned = {"alpha": (layer["channels"],)}, {}
    else:
        raise Unsupported(f"NumPy has no layer of kind {layer['kind']}")
    size = {name: np.broadcast_to(np.float32(0), shape).size for name, shape in (learned | not_learned).items()}
    return {
        "learned": sum(size[name] for name in learned),
        "not_learned": sum(size[name] for name in not_learned),
        "shapes": learned | not_learned,
    }


def own_network_parameters(network):
    raise Unsupported("NumPy ships no published networks")
