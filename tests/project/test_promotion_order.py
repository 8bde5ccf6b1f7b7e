"""Environments in promotion order: required ones first, else as releases.toml has them."""

from __future__ import annotations

import pytest

from sfn_release.project import Environment
from sfn_release.project.backends import BACKENDS
from sfn_release.project.promotion_order import promotion_order


def environment(name: str, *requires: str) -> Environment:
    backend = BACKENDS["local" if name == "local" else "aws"]
    return Environment(name, backend, requires=requires)


@pytest.mark.parametrize(
    ("environments", "order"),
    [
        ([("prod", "staging"), ("staging", "test"), ("test",)], "test staging prod"),
        ([("prod",), ("staging",), ("local",)], "local prod staging"),
        ([("b", "a"), ("x",), ("a",)], "x a b"),
        ([("prod", "gone"), ("test",)], "prod test"),
        ([("a", "b"), ("b", "a"), ("c",)], "a b c"),
    ],
)
def test_the_order_follows_what_each_environment_requires(
    environments: list[tuple[str, ...]], order: str
) -> None:
    """`local` comes first, an unknown name is left out, and a circle doesn't hang."""
    given = {name: environment(name, *requires) for name, *requires in environments}
    assert promotion_order(given) == tuple(order.split())
