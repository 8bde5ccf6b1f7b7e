"""`history --graph`: lanes, promotions between them, rollbacks as a way back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output import history_picture, terminal
from sfn_release.cli.output.history_graph import ASCII, UNICODE, Lane, graph_rows, newest_first
from sfn_release.cli.output.history_picture import write_picture
from sfn_release.cli.output.web_pages import WebPages
from sfn_release.cli.output.width import columns_of
from sfn_release.release.record import SAME_RELEASE, Record
from support.command_line import Project

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
Event = tuple[str, str, str, dict[str, Any]]


def lanes(*events: Event) -> list[Lane]:
    """Return the lanes of events, given from the oldest to the newest."""
    by_name: dict[str, list[Record]] = {}
    for number, (environment, action, version, more) in enumerate(events):
        at = (START + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        members: dict[str, Any] = {
            "from_version": None,
            "status": "succeeded",
            "reason": None,
            **more,
        }
        record = Record(
            id=str(number),
            environment=environment,
            action=action,  # type: ignore[arg-type]
            version=version,
            commit="a" * 40,
            release_digest="sha256:x",
            actor="Alice <alice@example.com>",
            host="h",
            started_at=at,
            finished_at=at,
            expires_at=at,
            account=None,
            region=None,
            config_blob=None,
            workflows={},
            **members,
        )
        by_name.setdefault(environment, []).insert(0, record)
    return [Lane(name, name, records) for name, records in by_name.items()]


def event(environment: str, action: str, version: str, **more: Any) -> Event:
    return environment, action, version, more


STORY = (
    event("staging", "deploy", "1.0.0"),
    event("prod", "promote", "1.0.0", promoted_from="staging"),
    event("staging", "deploy", "1.1.0", status="failed", error="Denied\nmore"),
    event("staging", "deploy", "1.1.0"),
    event("prod", "promote", "1.1.0", promoted_from="staging", status="reverted"),
    event("prod", "promote", "1.1.0", promoted_from="staging"),
    event("prod", "rollback", "1.0.0", from_version="1.1.0", reason="errors"),
    event("staging", "deploy", "1.2.0", status="started"),
)


def test_the_picture_shows_promotions_failures_and_the_way_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The newest is at the top; a rollback is joined to the deployment that it returns to."""
    write_picture(lanes(*STORY), lambda at: at[11:16], WebPages())
    assert capsys.readouterr().out.splitlines() == [
        "staging",
        "│ prod",
        "○ │    1.2.0  staging  deploy in progress             19:00, Alice",
        "│ ●─╮  1.0.0  prod     rollback from 1.1.0            18:00, Alice  errors",
        "├─● │  1.1.0  prod     promote from staging           17:00, Alice",
        "├─↩ │  1.1.0  prod     promote from staging reverted  16:00, Alice",
        "● │ │  1.1.0  staging  deploy                         15:00, Alice",
        "✗ │ │  1.1.0  staging  deploy failed                  14:00, Alice  Denied",
        "├─●─╯  1.0.0  prod     promote from staging           13:00, Alice",
        "●      1.0.0  staging  deploy                         12:00, Alice",
    ]


def test_an_output_without_unicode_gets_ascii(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows' cp1252 has no lines to draw with."""
    monkeypatch.setattr(history_picture, "writes_unicode", lambda _: False)
    write_picture(lanes(*STORY), lambda at: at[11:16], WebPages())
    out = capsys.readouterr().out
    assert out.isascii()
    assert "| *-+  1.0.0  prod" in out
    assert "+-*-'  1.0.0  prod" in out
    assert "x | |  1.1.0  staging  deploy failed" in out


def test_three_ways_back_end_at_one_deployment() -> None:
    """Each way that ends there is seen to end there: a later way doesn't cross an earlier one."""
    again = event("a", "rollback", "1.0.0", from_version="1.0.0")
    rows, _ = graph_rows(lanes(event("a", "deploy", "1.0.0"), again, again, again), UNICODE)
    assert [row.drawn for row in rows] == ["●─╮    ", "●─┼─╮  ", "●─┼─┼─╮", "●─┴─┴─╯"]


@pytest.mark.parametrize("action", SAME_RELEASE)
def test_a_way_back_passes_a_record_that_deployed_no_release(action: str) -> None:
    """It is recorded under the release that stays. The rollback returns to the deployment."""
    rows, _ = graph_rows(
        lanes(
            event("prod", "deploy", "1.0.0"),
            event("prod", action, "1.0.0"),
            event("prod", "deploy", "1.1.0"),
            event("prod", "rollback", "1.0.0"),
        ),
        UNICODE,
    )
    assert [row.drawn for row in rows] == ["●─╮", "● │", "● │", "●─╯"]


def test_a_way_back_begins_where_another_ends() -> None:
    """A line that goes on beside a corner leaves the corner to be seen."""
    again = event("a", "rollback", "1.0.0", from_version="1.0.0")
    rows, _ = graph_rows(lanes(again, again, again, again), UNICODE)
    assert [row.drawn for row in rows] == ["●─╮  ", "●─┴─╮", "●─┬─╯", "●─╯  "]


def test_a_promotion_from_the_right_meets_a_way_back() -> None:
    """`--env` chooses the order of the lanes: the line to the source goes on behind the corner."""
    left, right = reversed(
        lanes(
            event("staging", "deploy", "1.0.0"),
            event("prod", "promote", "1.0.0", promoted_from="staging"),
            event("prod", "rollback", "1.0.0", from_version="1.0.0"),
            event("staging", "deploy", "1.1.0"),
        )
    )
    rows, _ = graph_rows([left, right], UNICODE)
    assert [row.drawn for row in rows] == ["│   ●", "●─╮ │", "●─┴─┤", "    ●"]


VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0"])
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "a-very-long-name-of-an-environment"]),
        st.sampled_from(["deploy", "promote", "rollback", "rollback", "delete"]),
        VERSIONS,
        st.fixed_dictionaries(
            {
                "from_version": VERSIONS,
                "status": st.sampled_from(["succeeded", "succeeded", "failed", "reverted"]),
                "promoted_from": st.sampled_from([None, "a", "b", "gone"]),
                "reason": st.sampled_from([None, "errors", "注文 " * 30]),
            }
        ),
    ),
    max_size=30,
)


@given(EVENTS)
def test_each_deployment_is_one_mark_in_its_lane(events: list[Event]) -> None:
    """Both alphabets draw the same picture, with every deployment in the column of its lane."""
    found = lanes(*events)
    rows, head = graph_rows(found, UNICODE)
    assert [row.record for row in rows] == newest_first(found)
    assert len({(row.record.environment, row.column) for row in rows}) == len(found) == len(head)
    for row in rows:
        assert row.drawn[row.column] == UNICODE.marks[row.record.status]
        assert sum(mark in row.drawn for mark in UNICODE.marks.values()) == 1
    plain, _ = graph_rows(found, ASCII)
    assert [len(row.drawn) for row in plain] == [len(row.drawn) for row in rows]
    assert all(row.drawn.isascii() for row in plain)
    begins = sum(row.drawn.count(begin) for row in rows for begin in "╮┬")
    assert begins == sum(row.drawn.count(end) for row in rows for end in "╯┴")


@pytest.mark.parametrize("room", [80, 100, 200])
@given(events=EVENTS)
def test_the_picture_fits_the_terminal(room: int, events: list[Event]) -> None:
    """Long reasons go on below their row, beside the lanes."""
    written: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(history_picture, "table_room", lambda: room)
        patched.setattr(terminal, "write_parts", lambda *parts: written.append("".join(parts)))
        write_picture(lanes(*events), lambda at: at, WebPages())
    assert all(columns_of(line.rstrip()) <= room for line in written)


def test_the_command_draws_every_environment(shop: Project) -> None:
    """Without --graph nothing changes; the JSON has the deployments of all lanes."""
    shop.publish("1.0.0")
    shop.publish("1.1.0", hello="Hello Bob")
    shop.ok("rollback")
    out = shop.ok("history", "--graph").out
    assert re.sub(r" +just now, .*", "", out).splitlines() == [
        "local (not AWS)",
        "●─╮  1.0.0  rollback from 1.1.0",
        "● │  1.1.0  publish",
        "●─╯  1.0.0  publish",
    ]
    found = shop.json("history", "--graph", "-n", "2")
    assert found["environments"] == ["local"]
    assert [record["action"] for record in found["deployments"]] == ["rollback", "publish"]
    cut = shop.ok("history", "--graph", "-n", "2").out.splitlines()
    assert [line.split("  ")[0] for line in cut[1:]] == ["●─╮", "● │"]


def test_without_deployments_there_is_no_picture(shop: Project) -> None:
    """One line says so."""
    assert shop.ok("history", "--graph").out == "No deployments yet\n"


def test_further_ways_back_are_only_named() -> None:
    """A lane has room for three ways at once: the picture stays narrow."""
    back = [event("a", "rollback", f"1.{n}.0", from_version="2.0.0") for n in range(6)]
    first = [event("a", "deploy", f"1.{n}.0") for n in range(6)]
    rows, _ = graph_rows(lanes(*first, *back), UNICODE)
    assert {len(row.drawn) for row in rows} == {7}
    assert sum(row.drawn.count("╮") for row in rows) == 3
