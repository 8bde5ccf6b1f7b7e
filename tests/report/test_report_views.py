"""The data of the report's pages: states, lines of JSON, notes, scales, folded graphs."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.diagrams.drawing import graph_of
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.comparison.difference_graph import ComparedDefinition, difference_picture
from sfn_release.comparison.state_origins import state_origins
from sfn_release.report.notes_html import notes_html
from sfn_release.report.views.changed_states import changed_states
from sfn_release.report.views.folded_picture import folded_picture
from sfn_release.report.views.line_differences import line_differences
from sfn_release.report.views.shown_json import shown_json
from sfn_release.report.views.state_history import next_origins, origins_of_forms
from sfn_release.report.views.state_views import state_anchors, state_views
from sfn_release.report.views.time_scale import WIDTH, TimeScale
from sfn_release.report.views.workflow_view import parts, shown_states
from support.reports import report_facts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)
NESTED: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $x %}", "Next": "Each"}],
            "Default": "Bad <b>",
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Load",
                "States": {
                    "Load": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Arguments": {"FunctionName": "load"},
                        "TimeoutSeconds": 5,
                        "Retry": [{"ErrorEquals": ["A", "B"], "MaxAttempts": 7}],
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Gone", "Output": "x"}],
                        "End": True,
                    }
                },
            },
            "End": True,
        },
        "Bad <b>": {"Type": "Fail", "Error": "Bad", "Comment": "why"},
    },
}


def test_a_state_has_its_ways_in_both_directions() -> None:
    """Also into a Map and out of it, and to a state that doesn't exist."""
    views = {view.label: view for view in state_views(NESTED)}
    assert [*views] == ["Check", "Each", "Each › Load", "Bad <b>"]
    check, each, load, bad = views.values()
    assert [(way.kind, way.label, way.when) for way in check.exits] == [
        ("when", "Each", "$x"),
        ("otherwise", "Bad <b>", ""),
    ]
    assert [way.kind for way in check.entries] == ["start of the execution"]
    assert [(way.kind, way.label) for way in each.exits] == [("starts", "Each › Load"), ("end", "")]
    assert [(way.kind, way.label) for way in load.entries] == [("started by", "Each")]
    assert load.exits[0].kind == "on error"
    assert load.exits[0].label == "Gone (missing)"
    assert load.exits[0].anchor == ""
    assert load.catches[0].target == "Gone (missing)"
    assert [way.kind for way in bad.exits] == ["ends the execution"]
    assert load.place == 'the Map "Each"'


def test_a_state_has_its_fields_with_the_defaults_of_the_language() -> None:
    """A retrier says each value that Step Functions takes, whether it's written or not."""
    load = next(view for view in state_views(NESTED) if view.name == "Load")
    (retry,) = load.retries
    assert (retry.errors, retry.interval, retry.attempts) == ("A, B", "1 (default)", "7")
    assert (retry.backoff, retry.longest, retry.jitter) == ("2 (default)", "none", "NONE (default)")
    assert ("TimeoutSeconds", "5") in load.facts
    assert ("QueryLanguage", "JSONata") in load.facts, "it's inherited"
    assert load.catches[0].result == "Output x"
    each = next(view for view in state_views(NESTED) if view.name == "Each")
    assert json.loads(each.json)["ItemProcessor"]["States"] == {"Load": "…"}


@given(st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=6))
def test_every_state_has_an_anchor_of_its_own(names: list[str]) -> None:
    """Also two of one name in different branches, which a definition shouldn't have."""
    inner = {"StartAt": "x", "States": {name: {"Type": "Pass", "End": True} for name in names}}
    split = {"Type": "Parallel", "Branches": [inner, inner], "End": True}
    anchors = state_anchors({"StartAt": "P", "States": {"P": split}}).by_label
    assert len({*anchors.values()}) == len(anchors) == 1 + 2 * len(names)
    assert all(anchor.isascii() and " " not in anchor for anchor in anchors.values())


@given(JSON, JSON)
def test_views_take_any_json(old: Any, new: Any) -> None:
    """What a ledger holds was checked once, by rules that may have changed since."""
    for value in (old, {"States": old}, {"States": {"a": old}, "StartAt": new}):
        state_views(value)
        next_origins("1.0.0", new, value, {})
    if isinstance(old, dict) and isinstance(new, dict):
        changed_states(old, new)


@given(st.lists(st.sampled_from("abc"), max_size=40), st.lists(st.sampled_from("abc"), max_size=40))
def test_lines_side_by_side_have_both_texts(old: list[str], new: list[str]) -> None:
    """Each line is there, in its order, or counted by a fold."""
    pairs = line_differences("\n".join(old), "\n".join(new))
    for side, lines in (("old", old), ("new", new)):
        shown = [getattr(pair, side) for pair in pairs]
        if not any(pair.folded for pair in pairs):
            assert [line for line in shown if line is not None] == lines
    same = sum(pair.kind == "same" for pair in pairs) + sum(pair.folded for pair in pairs)
    assert same <= max(len(old), len(new))


def test_equal_lines_far_from_a_difference_are_folded() -> None:
    """So that the difference is on the screen."""
    lines = [str(number) for number in range(40)]
    changed = [*lines[:20], "x", *lines[21:]]
    pairs = line_differences("\n".join(lines), "\n".join(changed))
    assert [pair.folded for pair in pairs if pair.folded] == [17, 16]
    assert [(pair.old, pair.new) for pair in pairs if pair.kind == "changed"] == [("20", "x")]


def test_the_json_of_changed_states_is_beside_each_other() -> None:
    """A removed state has an old side only, a renamed one says what it was."""
    old = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Task", "Resource": "r", "Parameters": {"a": 1, "b": 2}, "Next": "B"},
            "B": {"Type": "Succeed"},
            "C": {"Type": "Fail", "Error": "x"},
        },
    }
    new = json.loads(json.dumps(old).replace('"A"', '"First"'))
    del new["States"]["C"]
    new["States"]["First"]["TimeoutSeconds"] = 3
    found = {state.label: state for state in changed_states(old, new)}
    assert {label: (it.kind, it.was) for label, it in found.items()} == {
        "First": ("changed", "A"),
        "C": ("removed", ""),
    }
    assert all(pair.new is None for pair in found["C"].lines)
    assert any('"TimeoutSeconds": 3' in (pair.new or "") for pair in found["First"].lines)


def _definition(names: str, **timeouts: int) -> dict[str, Any]:
    following = {name: {"Next": after} for name, after in pairwise(names)}
    return {
        "StartAt": names[0],
        "States": {
            name: {
                "Type": "Task",
                "Resource": f"arn:aws:lambda:eu-west-1:111111111111:function:{name}",
                **({"TimeoutSeconds": timeouts[name]} if name in timeouts else {}),
                **following.get(name, {"End": True}),
            }
            for name in names
        },
    }


@pytest.mark.parametrize(
    "names",
    [
        ("orders", "orders", "orders", "orders"),
        ("sales", "sales", "orders", "orders"),
        ("orders", "sales", "orders", "orders"),
        ("orders", "", "orders", "orders"),
        ("sales", "", "", "orders"),
    ],
)
def test_the_history_of_states_agrees_with_blame(names: tuple[str, ...]) -> None:
    """Forward from form to form, or back from the newest, under all names of the workflow."""
    versions = ("1.0.0", "1.1.0", "1.2.0", "2.0.0")
    definitions = (
        _definition("abc"),
        _definition("abc", b=1),
        _definition("abxc", b=1),
        _definition("bxc", b=1, c=4),
    )
    rows = [row for row in zip(versions, names, definitions, strict=True) if row[1]]
    facts = report_facts(
        {
            version: {"other": _definition("o"), **({name: definition} if name else {})}
            for version, name, definition in zip(versions, names, definitions, strict=True)
        },
        first_names={"orders": "sales"},
    )
    found = [*origins_of_forms(facts, "orders")]
    assert len(found) == names.count("orders")
    for form, origins in zip(facts.forms["orders"], found, strict=True):
        row = [it for it in rows if it[0] <= form.since]
        backward = state_origins(definition for _, _, definition in reversed(row))
        assert {label: (it.version, it.former) for label, it in origins.items()} == {
            origin.label: (row[-1 - origin.index][0], origin.former) for origin in backward
        }


def test_a_large_graph_folds_what_is_far_from_the_changes() -> None:
    """A change, its neighbours and the states around it stay; the fold says how many it has."""
    names = [f"s{number}" for number in range(60)]
    states: dict[str, Any] = {
        name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)
    }
    states["s59"] = {"Type": "Succeed"}
    old = {"StartAt": "s0", "States": states}
    new = json.loads(json.dumps(old))
    new["States"]["s30"]["Result"] = 1
    picture = difference_picture(ComparedDefinition("w", old, new))
    marks = Marks(lambda node: Mark("changed") if node.id == "s30" else None, lambda _edge: None)
    folded = folded_picture(picture.diagram, marks)
    shown = [node.id for node in folded.diagram.nodes()]
    assert {"s29", "s30", "s31", "Start"} <= {*shown}
    assert folded.hidden + len(shown) - 2 == 61
    assert "… 29 unchanged states" in shown
    keys = {node.key for node in folded.diagram.nodes()}
    assert all({edge.source, edge.target} <= keys for edge in folded.diagram.edges)


def test_a_change_inside_keeps_what_is_around_it() -> None:
    """The Map of a changed state isn't folded, and a Map that is folded takes its inside along."""

    def mapped(name: str) -> dict[str, Any]:
        inner = {"Type": "Pass", "End": True}
        body = {"StartAt": f"{name}-in", "States": {f"{name}-in": inner}}
        return {"Type": "Map", "ItemProcessor": body}

    names = [f"m{number}" for number in range(30)]
    states = {name: {**mapped(name), "Next": f"m{at + 1}"} for at, name in enumerate(names)}
    states["m30"] = {"Type": "Succeed"}
    diagram = graph_of({"StartAt": "m0", "States": states})
    marks = Marks(lambda node: Mark("added") if node.id == "m15-in" else None, lambda _edge: None)
    folded = folded_picture(diagram, marks)
    shown = {node.id for node in folded.diagram.nodes()}
    assert {"m15", "m15-in"} <= shown
    assert "m3" not in shown
    assert "m3-in" not in shown
    owners = {cluster.owner for cluster in folded.diagram.root.inner}
    assert owners <= {node.key for node in folded.diagram.root.nodes}


def test_a_small_graph_is_drawn_whole() -> None:
    """Nothing is hidden that has room."""
    diagram = graph_of(NESTED)
    marks = Marks(lambda _node: None, lambda _edge: None)
    assert folded_picture(diagram, marks).diagram == diagram


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](data:text/html,hi)", "[x](data:"),
        ("[x](https://a.example/?a=1&b=2)", 'href="https://a.example/?a=1&amp;b=2"'),
        ("[x](mailto:ana@a.example)", 'href="mailto:ana@a.example"'),
        ("![x](https://a.example/x.png)", "<a href="),
        ("<b onclick=x>y</b>", "&lt;b onclick=x&gt;"),
        ('[x](https://a.example "><img src=x>")', 'title="&gt;&lt;img'),
    ],
)
def test_notes_are_harmless(text: str, part: str) -> None:
    """HTML is shown as text, images aren't loaded, and links lead to the web or to mail."""
    html = notes_html(text)
    assert part in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_headings_of_notes_are_below_the_heading_of_the_page() -> None:
    """Without a missing level, whatever level the changelog begins at; and without styles."""
    html = notes_html("### Added\n\n##### Deep\n\n# Top\n\n|a|\n|:-:|\n|1|\n")
    assert [html[at + 1 : at + 3] for at in range(len(html)) if html.startswith("<h", at)] == [
        "h3",
        "h4",
        "h3",
    ]
    assert "style=" not in html


@given(
    st.timedeltas(timedelta(microseconds=1), timedelta(days=400)), st.floats(0, 1), st.floats(0, 1)
)
def test_a_bar_is_on_the_scale_and_can_be_seen(whole: timedelta, a: float, b: float) -> None:
    """The scale has a few round marks, and starts at 0."""
    scale = TimeScale.of(whole)
    assert 1 <= len(scale.marks) <= 8
    assert scale.marks[0].x == 0
    x, width = scale.place(whole * min(a, b), whole * max(a, b))
    assert x >= 0
    assert width >= 3
    assert x + width <= WIDTH + 0.02


def test_marks_of_a_scale_are_round() -> None:
    """People count in these steps."""
    marks = [mark.text for mark in TimeScale.of(timedelta(minutes=5)).marks]
    assert marks == ["0s", "1m", "2m", "3m", "4m", "5m"]
    assert [mark.text for mark in TimeScale.of(timedelta(seconds=1)).marks][1] == "200 ms"


def test_states_that_are_too_long_go_on_pages_of_their_own() -> None:
    """Each page has room for its states, and no state is lost."""
    states = {
        f"s{number}": {"Type": "Pass", "Result": "x" * 5_000, "End": True} for number in range(120)
    }
    shown = shown_states(state_views({"StartAt": "s0", "States": states}), {})
    assert parts(shown[:3], 100_000) == []
    found = parts(shown, 100_000)
    assert len(found) > 1
    assert [it for part in found for it in part] == shown
    assert all(sum(len(it.shown.text) for it in part) < 280_000 for part in found)


def test_long_json_is_cut_at_the_end_of_a_line() -> None:
    """And says how much is missing."""
    value = [*range(1000)]
    shown = shown_json(value, 100)
    whole = json.dumps(value, indent=2)
    assert whole.startswith(shown.text)
    assert shown.text.endswith(",")
    assert shown.hidden == len(whole) - len(shown.text)
