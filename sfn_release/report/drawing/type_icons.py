"""An icon for each type of state: lines in a square of 20 pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CIRCLE: Final = "M10 2.5a7.5 7.5 0 1 0 0 15a7.5 7.5 0 1 0 0-15Z"

ICONS: Final[Mapping[str, str]] = {
    "Task": "M3 4h14v12h-14Z M8 7l5 3l-5 3Z",
    "Pass": "M3 10h12 M11 5.5l4.5 4.5l-4.5 4.5",
    "Choice": "M10 2l8 8l-8 8l-8-8Z M7.8 8.2a2.2 2.2 0 1 1 2.2 2.4v1 M10 13.6v.4",
    "Wait": f"{_CIRCLE} M10 5.5v5l3.2 2",
    "Succeed": f"{_CIRCLE} M6.5 10.2l2.5 2.5l4.6-5",
    "Fail": f"{_CIRCLE} M7 7l6 6 M13 7l-6 6",
    "Parallel": "M10 2v4 M4 18v-5.5a3 3 0 0 1 3-3h6a3 3 0 0 1 3 3v5.5 M10 6v12",
    "Map": "M3 7h10v10h-10Z M6 7v-3.5h11v10.5h-4",
    "Missing": f"{_CIRCLE} M10 5.5v5.5 M10 13.6v.6",
    "Folded": "M4.5 10h.1 M10 10h.1 M15.5 10h.1",
    "Unknown": f"{_CIRCLE} M7.8 8.2a2.2 2.2 0 1 1 2.2 2.4v1 M10 13.6v.4",
}
RETRY_ICON: Final = "M15.5 6.5a6.5 6.5 0 1 0 1 4.5 M16 2.5v4.5h-4.5"
"""An arrow in a circle: the state has a Retry."""
