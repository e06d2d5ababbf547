"""Runs of a few claims, and what of their records is the same every time."""

import msgspec
from lectureclaims.claims.engine import verification
from lectureclaims.claims.engine.ran import Progress
from lectureclaims.claims.record import file
from lectureclaims.claims.record.types import Volatile

CLAIMS = ("convolution.flip", "conv_layer.equivariance", "convolution.discrete_2d")


class Seen:
    """A progress that remembers what was computed."""

    def __init__(self):
        self.computed, self.stored, self.judged = [], [], []
        self.progress = Progress(
            planned=lambda todo, stored: self.stored.append(stored),
            finished=lambda process, unit: self.computed.append(unit.name),
            judged=lambda claim, expected: self.judged.append((claim.id, claim.verdict, expected)),
        )


def run(store, claims=CLAIMS, backends=("numpy", "scipy"), **way):
    seen = Seen()
    options = verification.Way(store=store, **way)
    found = verification.verify(claims, backends=backends, progress=seen.progress, way=options)
    return found, seen


def lasting(found):
    return file.dumps(msgspec.structs.replace(found, volatile=Volatile(begun="", seconds=0.0)))
