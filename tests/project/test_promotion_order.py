"""Environments in promotion order: required ones first, else as releases.toml has them."""

from __future__ import annotations

import pytest

from sfn_release.project import Environment
from sfn_release.project.backends import BACKENDS
from sfn_release.project.project import parse_project
from sfn_release.project.promotion_order import board_order, promotion_order


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


LOCAL_TABLE = "[environments.local]\n"
ON_AWS = '[environments.staging]\nregion = "eu-west-1"\n'
OWN = '[environments.mine]\nbackend = "local"\n'


@pytest.mark.parametrize(
    ("tables", "used", "order"),
    [
        ("", "", "local"),
        ("", "local", "local"),
        (ON_AWS, "", "local staging"),
        (ON_AWS, "staging", "staging"),
        (ON_AWS, "local", "local staging"),
        (ON_AWS, "local staging", "local staging"),
        (ON_AWS, "gone", "staging"),
        (LOCAL_TABLE + ON_AWS, "staging", "staging local"),
        (LOCAL_TABLE + OWN + ON_AWS, "mine staging", "mine staging local"),
        (OWN + ON_AWS, "staging", "staging mine"),
    ],
)
def test_an_unused_local_makes_room_on_boards(tables: str, used: str, order: str) -> None:
    """It comes last once another environment is used. Without a table it is left out."""
    project = parse_project(f'[project]\nname = "shop"\n{tables}', path="releases.toml")
    assert board_order(project, used.split()) == tuple(order.split())


def test_a_local_that_is_not_the_default_is_shown_when_it_is_used() -> None:
    """Another default environment says that `local` isn't part of this project."""
    text = f'[project]\nname = "shop"\ndefault_environment = "staging"\n{ON_AWS}'
    project = parse_project(text, path="releases.toml")
    assert board_order(project, []) == ("staging",)
    assert board_order(project, ["local"]) == ("local", "staging")
