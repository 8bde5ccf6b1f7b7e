"""JSON values for properties, and the smallest definition."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
)


JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
"""Every JSON value that has a canonical form."""


def definition(result: Any) -> dict[str, Any]:
    """Return a definition whose output is *result*."""
    return {
        "StartAt": "Only",
        "States": {"Only": {"Type": "Pass", "Result": result, "End": True}},
    }
