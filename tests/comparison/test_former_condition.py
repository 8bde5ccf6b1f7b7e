"""The label of a changed condition shows the part that was another one."""

from __future__ import annotations

import pytest

from sfn_release.comparison.former_condition import former_condition

BOTH = "$.total is present and $.total > "


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"{BOTH}0", f"{BOTH}10", "was … $.total > 0"),
        ("$.a > 0 and $.total is present", "$.a > 1 and $.total is present", "was $.a > 0 …"),
        ("$.a > 0", "$.a > 1", "was $.a > 0"),
        ("$.total is present", f"{BOTH}10", "was without $.total > 10"),
        (f"{BOTH}10", "$.total is present", "was … $.total > 10"),
        (
            "$.a is present and ($.b or $.c)",
            "$.a is present and ($.b or $.d)",
            "was $.a is present and ($.b or $.c)",
        ),
        ("States.Timeout, Busy, Declined", "States.Timeout, Late, Declined", "was … Busy …"),
        ("$.a > 0", "$.a > 0", "changed"),
        ("", "$.a > 0", "changed"),
    ],
)
def test_the_part_that_differs_is_shown(old: str, new: str, expected: str) -> None:
    """The label is narrow: what both have in common would fill it. No half bracket is shown."""
    assert former_condition(old, new) == expected
