"""What crosses from a library's process, as data: plain values and arrays by their bytes. Nothing that is read here can run code."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import msgspec
import numpy as np

ARRAY, SCALAR, TUPLE, COMPLEX, WHOLE, MAPPING = range(1, 7)
"""msgpack's extension types: those of NumPy, and what Python has beside msgpack's own."""
WIDEST = 2**63
PLAIN = (type(None), bool, float, str, bytes)


def encode(value: Any) -> bytes:
    """The bytes of None, bool, int, float, complex, str, bytes, list, tuple, dict, and NumPy's arrays and numbers.

    Raises TypeError for anything else, a subclass included, for it would come back as something else.
    """
    return msgspec.msgpack.encode(_marked(value))


def decode(data: bytes) -> Any:
    """The value of such bytes. Raises ValueError where they are none."""
    try:
        return _unmarked(msgspec.msgpack.decode(data))
    except (msgspec.DecodeError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no data: {error}") from None


def _marked(value: Any) -> Any:
    kind = type(value)
    if kind is int:
        return value if -WIDEST <= value < WIDEST else msgspec.msgpack.Ext(WHOLE, str(value).encode())
    if kind in PLAIN:
        return value
    if kind is list:
        return [_marked(part) for part in value]
    if kind is tuple:
        return msgspec.msgpack.Ext(TUPLE, encode(list(value)))
    if kind is dict and all(type(key) is str for key in value):
        return {key: _marked(part) for key, part in value.items()}
    if kind is dict:
        return msgspec.msgpack.Ext(MAPPING, encode(list(value.items())))
    if kind is complex:
        return msgspec.msgpack.Ext(COMPLEX, encode([value.real, value.imag]))
    if kind is np.ndarray or isinstance(value, np.generic):
        return msgspec.msgpack.Ext(ARRAY if kind is np.ndarray else SCALAR, _array(np.asarray(value)))
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is neither an array of NumPy's nor a plain value")


def _array(array: np.ndarray) -> bytes:
    if array.dtype.hasobject or array.dtype.names:
        raise TypeError(f"an array of {array.dtype} holds no numbers")
    by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    name = array.dtype.name if _extended(array.dtype) else array.dtype.str
    order = "F" if by_columns else "C"
    return msgspec.msgpack.encode((name, array.shape, order, array.tobytes(order)))


def _extended(dtype: np.dtype[Any]) -> bool:
    """Whether it is one of ml_dtypes', which NumPy knows by name alone."""
    return hasattr(ml_dtypes, dtype.name)


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(part) for part in value]
    if isinstance(value, dict):
        return {key: _unmarked(part) for key, part in value.items()}
    if not isinstance(value, msgspec.msgpack.Ext):
        return value
    if value.code in (ARRAY, SCALAR):
        name, shape, order, data = msgspec.msgpack.decode(value.data)
        array = np.frombuffer(bytearray(data), np.dtype(getattr(ml_dtypes, name, name))).reshape(shape, order=order)
        return array if value.code == ARRAY else array[()]
    if value.code == WHOLE:
        return int(bytes(value.data))
    makers = {TUPLE: tuple, COMPLEX: lambda parts: complex(*parts), MAPPING: dict}
    if value.code not in makers:
        raise ValueError(f"no data: extension {value.code}")
    return makers[value.code](decode(bytes(value.data)))
