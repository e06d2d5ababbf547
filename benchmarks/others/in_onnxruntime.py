"""ONNX Runtime's operations, by the names and signatures of the repository's: each a model of one operator."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import onnx
import onnxruntime
from lectureclaims.reference.libraries import Unsupported

OPSET, IR = 20, 9


@functools.lru_cache(maxsize=256)
def _session(operator: str, arrays: tuple[tuple[str, Any], ...], settings: tuple[tuple[str, Any], ...]) -> Any:
    """``arrays``: (name, element type) of each input; ("", None): left out."""
    make = onnx.helper
    inputs = [make.make_tensor_value_info(name, kind, None) for name, kind in arrays if name]
    output = make.make_tensor_value_info("y", arrays[0][1], None)
    node = make.make_node(operator, [name for name, _ in arrays], ["y"], **dict(settings))
    graph = make.make_graph([node], operator, inputs, [output])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR)
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a format that the operator is not written for
        raise Unsupported(f"{operator}: {error}") from error


def _run(operator: str, *arrays: Any, **settings: Any) -> np.ndarray:
    """None: an input that is left out."""
    if arrays[0].dtype.name == "bfloat16":
        raise Unsupported("Python hands no bfloat16 to it")
    named = {f"a{i}": array for i, array in enumerate(arrays) if array is not None}
    kinds = tuple(
        ("", None) if a is None else (f"a{i}", onnx.helper.np_dtype_to_tensor_dtype(a.dtype))
        for i, a in enumerate(arrays)
    )
    return _session(operator, kinds, tuple(settings.items())).run(["y"], named)[0]


def cross_correlation2d(x, w, b, *, stride, padding, dilation, groups):
    pads = tuple(before for before, _ in padding) + tuple(after for _, after in padding)
    return _run("Conv", x, w, b, strides=stride, pads=pads, dilations=dilation, group=groups)


def fully_connected(x, w, b):
    return _run("Gemm", x, w, b, transB=1)


def softmax(x, *, axis):
    return _run("Softmax", x, axis=axis)


def cross_entropy(logits, labels):
    return _run("SoftmaxCrossEntropyLoss", logits, labels, reduction="none")


def cross_entropy_of_probabilities(p, labels):
    return -_run("Log", p)[np.arange(len(labels)), labels]


def logistic(x):
    return _run("Sigmoid", x)


def tanh(x):
    return _run("Tanh", x)


def gelu(x, *, approximate):
    return _run("Gelu", x, approximate=approximate)


def average_pooling2d(x, *, window, stride, padding, count_padding, dilation=(1, 1), ceil_mode=False, divisor=None):
    if divisor is not None:
        raise Unsupported("AveragePool divides by what its windows hold")
    pads = tuple(before for before, _ in padding) + tuple(after for _, after in padding)
    settings = {"kernel_shape": window, "strides": stride, "pads": pads, "dilations": dilation}
    return _run("AveragePool", x, **settings, ceil_mode=int(ceil_mode), count_include_pad=int(count_padding))


def adaptive_average_pooling2d(x, *, size):
    if size != (1, 1):
        raise Unsupported("it has the mean of all alone")
    return _run("GlobalAveragePool", x)


def bilinear_resampling2d(x, *, size, grid, **others):
    return _resized(x, size, others, mode="linear", coordinate_transformation_mode=grid)


def bicubic_resampling2d(x, *, size, grid, coefficient, **others):
    return _resized(x, size, others, mode="cubic", cubic_coeff_a=coefficient, coordinate_transformation_mode=grid)


def _resized(x: Any, size: Any, others: Any, **settings: Any) -> np.ndarray:
    if any(others.values()) or x.dtype == np.float64:  # whose weights it holds in float32
        raise Unsupported("only the plain ones are tried, in float32")
    sizes = np.array([*x.shape[:2], *size], np.int64)
    return _run("Resize", x, None, None, sizes, **settings)
