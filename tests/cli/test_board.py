"""The board of `status`: every workflow of every environment once, in any width."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.board import board_lines, in_order
from sfn_release.cli.output.difference_lines import difference_lines
from sfn_release.cli.output.width import columns_of
from sfn_release.operations.next_steps import EnvironmentState
from sfn_release.operations.verbs.status import EnvironmentStatus
from sfn_release.operations.workflow_status import WorkflowStatus
from sfn_release.plan.drift import WorkflowState
from support.command_line import ROLE, Project
from support.screens import on_screen

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SPLIT = {"arn:x:9": 80, "arn:x:10": 20}


def workflow(name: str, state: WorkflowState = "in-sync", version: str = "1.2.0") -> WorkflowStatus:
    routing = SPLIT if state == "shifting" else {}
    return WorkflowStatus(name, state, "live", routing, "sha256:1", "sha256:1", version=version)


def environment(
    name: str, state: EnvironmentState, *workflows: WorkflowStatus, version: str | None = "1.2.0"
) -> EnvironmentStatus:
    return EnvironmentStatus(name, name, version, state, workflows)


def board(*found: EnvironmentStatus, room: int | None = None, verbose: bool = False) -> list[str]:
    return list(board_lines(found, NOON, room, verbose=verbose))


def test_a_cell_says_the_version_and_marks_what_is_not_in_order() -> None:
    """Marks are words with a sign; an environment without a workflow has a dash."""
    lines = board(
        environment("local", "in-sync", workflow("orders", version="1.3.0"), version="1.3.0"),
        environment("staging", "in-progress", workflow("orders", "shifting"), workflow("注文")),
        environment("prod", "drifted", workflow("orders", "drifted"), workflow("注文", "retained")),
        environment("dr", "unreachable", version="1.1.0"),
        environment("new", "never-deployed", version=None),
    )
    assert [re.split(r" {2,}", line) for line in lines] == [
        ["WORKFLOW", "local", "staging", "prod", "dr", "new"],
        [
            *("(release)", "1.3.0", "1.2.0 ~ in progress", "1.2.0 ! drifted"),
            *("1.1.0 ? unreachable", "never deployed"),
        ],
        ["orders", "1.3.0", "1.2.0 ~ shifting 20 %", "1.2.0 ! drifted", "?", "-"],
        ["注文", "-", "1.2.0", "1.2.0 retained", "?", "-"],
    ]


def test_a_cell_names_the_release_that_brought_the_content() -> None:
    """If it's an earlier one: the board of a report says the same."""
    old = replace(workflow("orders"), since="1.0.0")
    new = replace(workflow("refunds"), since="1.2.0")
    lines = board(environment("prod", "in-sync", old, new))
    assert [re.split(r" {2,}", line) for line in lines[2:]] == [
        ["orders", "1.2.0 (content of 1.0.0)"],
        ["refunds", "1.2.0"],
    ]


@pytest.mark.parametrize("room", [80, 100, 200])
@pytest.mark.parametrize(("environments", "workflows"), [(3, 100), (30, 3), (12, 40), (2, 1)])
def test_a_board_fits_the_terminal(room: int, environments: int, workflows: int) -> None:
    """It's folded into blocks, or turned around; each workflow of each environment stays."""
    found = [
        environment(
            f"environment-{number}",
            "in-sync",
            *(workflow(f"workflow-{w:03}", version=f"{number}.{w}.0") for w in range(workflows)),
            version="0.0.1",
        )
        for number in range(environments)
    ]
    lines = board(*found, room=room, verbose=True)
    assert max(map(columns_of, lines)) <= room
    cells = re.findall(r"(?<!\S)\d+\.\d+\.0(?!\S)", "\n".join(lines))
    assert len(cells) == len({*cells}) == environments * workflows
    if (environments, room) == (30, 80):
        assert len(lines) == 31
        assert lines[0].startswith("ENVIRONMENT")


@given(st.lists(st.text(min_size=1), unique=True, max_size=4), st.integers(20, 120))
def test_names_of_any_kind_stay_on_their_line(names: list[str], room: int) -> None:
    """A name can't break a row, or write an escape."""
    lines = board(
        environment("a", "in-sync", *(workflow(name) for name in names)),
        environment("b", "in-sync"),
        room=room,
    )
    assert not any(character in line for line in lines for character in "\x1b\n\r\t")


@pytest.mark.parametrize("room", [80, 100, 200])
def test_workflows_with_the_same_cells_share_a_row(room: int) -> None:
    """The rows with a mark come first. The other rows follow the order of their first names."""
    names = [f"wf-{number:02}" for number in range(1, 51)]
    odd = {"wf-07": workflow("wf-07", "drifted"), "wf-50": workflow("wf-50", "retained", "1.0.0")}
    staging = environment("staging", "in-sync", *map(workflow, names))
    prod = environment("prod", "drifted", *(odd.get(name) or workflow(name) for name in names))
    lines = board(staging, prod, room=room)
    assert max(map(columns_of, lines)) <= room
    assert [re.split(r" {2,}", line) for line in lines] == [
        ["WORKFLOW", "staging", "prod"],
        ["(release)", "1.2.0", "1.2.0 ! drifted"],
        ["wf-07", "1.2.0", "1.2.0 ! drifted"],
        ["wf-01 … wf-06, wf-08 … wf-49", "(48)", "1.2.0", "1.2.0"],
        ["wf-50", "1.2.0", "1.0.0 retained"],
    ]
    assert len(board(staging, prod, room=room, verbose=True)) == 52


def test_a_row_of_many_names_stays_short() -> None:
    """Names that aren't beside each other are counted. Up to 8 workflows have their own rows."""
    flows = [workflow(f"{n:02}-{'x' * 20}", version=f"1.{n % 2}.0") for n in range(9)]
    lines = board(environment("a", "in-sync", *flows), environment("b", "in-sync", *flows))
    assert [re.split(r" {2,}", line)[:3] for line in lines[2:]] == [
        [f"00-{'x' * 20}, …", "(5)", "1.0.0"],
        [f"01-{'x' * 20}, …", "(4)", "1.1.0"],
    ]
    assert len(board(environment("a", "in-sync", *flows[:8]), environment("b", "in-sync"))) == 10


def test_an_unreachable_environment_has_rows_for_its_recorded_workflows() -> None:
    """No other environment has to have them."""
    dead = replace(environment("prod", "unreachable"), served=("orders", "refunds"))
    lines = board(environment("staging", "in-sync", workflow("orders")), dead)
    assert [line.split() for line in lines[2:]] == [["orders", "1.2.0", "?"], ["refunds", "-", "?"]]


def test_workflows_with_the_same_difference_share_its_line() -> None:
    """Their digests differ, so that a shared line has none. -v has a line for each workflow."""

    def drifted(number: int, *lines: str) -> WorkflowStatus:
        return replace(workflow(f"wf-{number:02}", "drifted"), differences=lines)

    alike = [drifted(n, f"the alias points at :2 (:2 is {n:012x})") for n in range(1, 43)]
    found = [
        *alike,
        drifted(43, "the role differs (:1 is 08f918efe165)"),
        drifted(44, *"123456789"),
    ]
    lines = list(difference_lines(found, verbose=False))
    assert lines[:4] == [
        "42 workflows: the alias points at :2 (:2 is …)",
        "    wf-01, wf-02, wf-03, wf-04, wf-05, wf-06 and 36 more",
        "wf-43: the role differs (:1 is 08f918efe165)",
        "wf-44: 1",
    ]
    assert lines[-1] == "wf-44: … and 1 more (-v)"
    whole = list(difference_lines(found, verbose=True))
    assert whole[0] == "wf-01: the alias points at :2 (:2 is 000000000001)"
    assert len(whole) == 43 + 9
    two = list(difference_lines([drifted(1, "gone"), drifted(2, "gone")], verbose=False))
    assert two == ["wf-01, wf-02: gone"]


def test_order_is_judged_by_everything_that_a_cell_cannot_say() -> None:
    """A note, a problem or a next step is written below the board."""
    fine = environment("prod", "in-sync", workflow("orders"))
    assert in_order(fine)
    assert not in_order(environment("prod", "drifted", workflow("orders")))
    noted = WorkflowStatus("a", "in-sync", None, {}, "1", "1", notes=("an alias is left",))
    assert not in_order(environment("prod", "in-sync", noted))


@pytest.fixture
def two(shop: Project, local_server: str) -> Project:
    """Return a project with `local` and `prod`, which requires `staging`."""
    text = (shop.root / "releases.toml").read_text()
    for name, more in (("prod", 'requires = ["staging"]\n'), ("staging", "")):
        text += (
            f'\n[environments.{name}]\nregion = "us-east-1"\nendpoint_url = "{local_server}"\n'
            f'role_arn = "{ROLE}"\nname = "{{workflow}}-{name}-{shop.root.parent.name}"\n{more}'
            'parameters = { Who = "Alice" }\n'
        )
    shop.write("releases.toml", text.replace('"shop"', '"shop"\nremote = ""', 1))
    return shop


def test_status_is_a_board_for_several_environments(two: Project) -> None:
    """Columns are in promotion order, an unused `local` last; -v has each table below the board."""
    two.publish("1.0.0", "--env", "staging")
    lines = two.ok("status").out.splitlines()
    assert re.fullmatch(r"WORKFLOW +staging +prod +local \(not AWS\)", lines[0])
    assert re.fullmatch(r"\(release\) +1.0.0 +never deployed +never deployed", lines[1])
    assert re.fullmatch(r"\(since\) +just now, .* +- +-", lines[2])
    assert re.fullmatch(r"hello +1.0.0 +- +-", lines[3])
    assert len(lines) == 4
    alone = two.ok("status", "--env", "staging").out
    assert "RECORDED" in alone
    verbose = two.ok("-v", "status").out
    assert verbose.startswith("\n".join(lines[:2]))
    assert verbose.count("RECORDED") == 1
    names = [found["name"] for found in two.json("status")["environments"]]
    assert names == ["local", "prod", "staging"]


def test_a_problem_stands_below_the_board_with_its_next_step(two: Project) -> None:
    """The workflow that drifted, why, and the command that solves it."""
    two.publish("1.0.0", "--env", "staging")
    two.ok("yank", "1.0.0", "--reason", "bad")
    out = two.ok("status").out
    assert "1.0.0 x yanked" in out
    below = out.partition("\n\n")[2]
    assert below.startswith("staging  1.0.0  ")
    assert "1.0.0 was yanked" in below


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("注文", 4),
        ("e\u0301", 1),
        ("ไม่", 2),
        ("🚀", 2),
        ("👩\u200d🚀", 4),
        ("한", 2),
        ("\u1112\u1161", 2),
    ],
)
def test_the_columns_of_a_text_are_those_of_a_terminal(text: str, columns: int) -> None:
    """Marks above a letter take none, with or without a combining class."""
    assert columns_of(text) == columns


@pytest.mark.parametrize("columns", [80, 100])
def test_a_line_about_an_environment_fits(two: Project, columns: int) -> None:
    """The deployment goes below the release where it doesn't fit; nothing is broken in a word."""
    two.publish("1.0.0", "--env", "staging")
    screen = on_screen(two.root, "status", "--env", "staging", columns=columns)
    assert any(re.search(r"publish by \w+, .*, just now\)?$", line) for line in screen.lines)


def test_a_missing_signature_is_in_the_cell_and_below() -> None:
    """The environment is in sync with its record, and still not in order."""
    unsigned = replace(environment("prod", "in-sync", workflow("orders")), unsigned=("no",))
    assert not in_order(unsigned)
    assert board(unsigned, environment("dr", "in-sync"))[1].startswith(
        "(release)  1.2.0 ! unsigned"
    )
