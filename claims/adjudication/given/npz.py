"""Reading a case from an .npz file, without pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from ....reference.validation import refuse


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """(inputs, outputs, parameters) of an .npz file: ``input.<name>``, ``output.<library>`` or
    ``output.<library>.<result>``, and ``parameters``, a JSON string. Nothing in it is unpickled. BadInput if it is not so.
    """
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    for name, array in _members(path).items():
        kind, _, rest = name.partition(".")
        library, _, result = rest.partition(".")
        if name == "parameters":
            parameters = _json(array)
        elif kind == "input" and rest:
            inputs[rest] = array
        elif kind == "output" and library:
            outputs.setdefault(library, {})[result] = array
        else:
            refuse(
                "member", name, "input.<name>, output.<library>, output.<library>.<result> or parameters", "rename it"
            )
    return inputs, {library: _results(library, results) for library, results in outputs.items()}, parameters


def _members(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        refuse("case", str(path), "a file", "write one with numpy.savez")
    try:
        # Opened here, for NumPy leaves a file open that is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            members = {name: _narrow(archive[name]) for name in archive.files}
    except Exception as error:  # zip archives and NumPy's headers have a dozen ways to be broken
        if "pickle" in str(error) and "Object arrays" in str(error):
            refuse("case", str(path), "arrays of numbers, which need no pickle", "save plain arrays, not objects")
        refuse("case", str(path), f"an .npz file ({type(error).__name__})", "write it with numpy.savez")
    return members


def _narrow(array: np.ndarray) -> np.ndarray:
    """NumPy's files know bfloat16 only as two bytes without a meaning."""
    bare = array.dtype.kind == "V" and array.dtype.names is None and array.dtype.itemsize == 2
    return array.view(ml_dtypes.bfloat16) if bare else array


def _results(library: str, results: dict[str, np.ndarray]) -> Any:
    if "" not in results:
        return results
    if len(results) > 1:
        name = f"output.{library}"
        refuse(name, sorted(filter(None, results)), "one array, or one for each result", f"drop {name}")
    return results[""]


def _json(array: np.ndarray) -> dict[str, Any]:
    try:
        found = json.loads(array.item() if array.size == 1 else "")
    except (TypeError, ValueError) as error:
        refuse("parameters", array.tolist(), f"a JSON object ({error})", "save numpy.array(json.dumps({...}))")
    if not isinstance(found, dict):
        refuse("parameters", found, "a JSON object", 'for instance {"stride": [1, 1]}')
    return {name: _pairs(value) for name, value in found.items()}


def _pairs(value: Any) -> Any:
    return tuple(map(_pairs, value)) if isinstance(value, list) else value
