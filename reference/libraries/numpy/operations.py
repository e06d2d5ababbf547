"""NumPy: the reference itself. Arrays in and out as they are: [N, C, H, W], kernel [Cout, Cin/groups, ky, kx]."""

import os

import ml_dtypes
import numpy as np
import threadpoolctl

from ...operators import catalogue
from ...operators.convolutions.cross_correlation import cross_correlation2d
from ...operators.norms.batch_norm import batch_norm_inference
from ...operators.pooling.max_pooling import max_pooling2d
from .. import Unsupported

# NumPy's operations are the operators, under their own names.
globals().update({name: operation.function for name, operation in catalogue.OPERATIONS.items()})


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
        "whose operations": "the reference's, written in NumPy; NumPy's own are convolve and correlate",
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


LACKS = {
    "memory_order": "NumPy has no memory formats beside the order of the axes",
    "own_network_parameters": "NumPy ships no published networks",
}
"""Operation → why NumPy has it not."""
