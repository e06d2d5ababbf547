"""A list of layers of a user's own: the formulas' table of it, and what the frameworks that build it say of each layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...reference import libraries, validation
from ...reference.networks import layers
from ..language.outcome import Outcome, ask

WHAT = ("output", "parameters", "not_learned", "multiply_adds")
"""What a framework says of a layer."""


@dataclass(frozen=True)
class Answer:
    """What became of one library: its outcome's kind, and what it says otherwise than the formulas, by what it is said of."""

    library: str
    kind: str
    error: str
    differences: Mapping[str, str]
    untold: int = 0

    @property
    def agrees(self) -> bool:
        return self.kind == "value" and not self.differences


def read(file: Path, size: str) -> layers.Network:
    """The file's network on its own input, or on another, ``"C,H,W"`` or ``"I"``; checked, so that what follows can rely on it."""
    network = layers.read(file)
    if size:
        if not re.fullmatch(r"[1-9][0-9]*(,[1-9][0-9]*,[1-9][0-9]*)?", size):
            validation.refuse(
                "--input", size, "C,H,W, three whole numbers, or one", "use --input 3,224,224 for a colour image"
            )
        network = replace(network, size=layers.image_size("--input", [int(n) for n in size.split(",")]))
    elif not network.size:
        validation.refuse(
            "input", None, "[C, H, W], three whole numbers, or [I], one", "write it in the file, or give --input C,H,W"
        )
    layers.resolve(network.layers, network.size)
    return network


def with_layers() -> list[str]:
    """The installed libraries that have layers of their own; NumPy and SciPy have none."""
    return [name for name in libraries.WITH_LAYERS if libraries.installed(name)]


def as_figure(network: layers.Network) -> dict[str, Any]:
    """The table of a list of layers, as a claim has it among its figures."""
    rows = layers.table(network.layers, network.size)
    return {
        "network": network.name,
        "source": "",
        "input": list(network.size),
        "rows": [[r.name, r.kind, list(r.takes), list(r.output), r.parameters, r.multiply_adds] for r in rows],
    }


def built(network: layers.Network, backend: str, *, timeout: float) -> Answer:
    """The network, built and run by one library in its own process, against the formulas."""
    from ..workers.worker import Worker

    label = libraries.label(backend)
    if not libraries.installed(backend):
        return Answer(label, "absent", f"{label} is not installed", {})
    resolved, rows = layers.resolve(network.layers, network.size), layers.table(network.layers, network.size)
    worker = Worker(backend, timeout=timeout)
    try:
        worker.start()
        (outcome,) = worker.run([ask("network_layers", layers=resolved, size=network.size)])
    finally:
        worker.close()
    return answer(label, outcome, rows)


def answer(label: str, outcome: Outcome, rows: Sequence[layers.Row]) -> Answer:
    if outcome.kind != "value":
        return Answer(label, outcome.kind, outcome.error, {})
    said = {what: layers.differences(outcome.value, [getattr(row, what) for row in rows], what) for what in WHAT}
    untold = sum(report["multiply_adds"] is None for report in outcome.value)
    return Answer(label, "value", "", {k: v for k, v in said.items() if v != layers.ALL_AGREE}, untold)


def as_dict(network: layers.Network, answers: Sequence[Answer]) -> dict[str, Any]:
    """Plain data, for JSON."""
    rows = layers.table(network.layers, network.size)
    return {
        "network": network.name,
        "input": list(network.size),
        "layers": [asdict(row) for row in rows],
        "parameters": sum(row.parameters for row in rows),
        "not_learned": sum(row.not_learned for row in rows),
        "multiply_adds": sum(row.multiply_adds for row in rows),
        "libraries": {
            one.library: {
                "outcome": one.kind,
                "agrees": one.agrees,
                "error": one.error,
                "differences": dict(one.differences),
            }
            for one in answers
        },
    }
