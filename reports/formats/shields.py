"""The badge as JSON for shields.io, which draws it from an address where this file lies.

Format: the endpoint badge's schema, version 1, https://shields.io/badges/endpoint-badge
"""

from __future__ import annotations

import json
from typing import Any

from ...claims.record.types import Evidence
from . import badge

FILE = "badge.json"


def render(evidence: Evidence) -> str:
    """The JSON text; a run that failed is an error, whose colour no address can change."""
    says = badge.of(evidence)
    made: dict[str, Any] = {"schemaVersion": 1, "label": badge.LABEL, "message": says.message, "color": says.colour}
    return json.dumps(made | ({"isError": True} if says.failed else {}), indent=1) + "\n"
