"""The data of the pages: states with their anchors, notes, scales, JSON that is cut."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.diagrams.drawing import graph_of
from sfn_release.authoring.diagrams.marks import Marks
from sfn_release.report.notes_html import notes_html
from sfn_release.report.views.changed_states import changed_states
from sfn_release.report.views.folded_picture import folded_picture
from sfn_release.report.views.shown_json import shown_json
from sfn_release.report.views.state_history import next_origins
from sfn_release.report.views.state_views import state_anchors, state_views
from sfn_release.report.views.time_scale import WIDTH, TimeScale
from sfn_release.report.views.workflow_view import parts, shown_states

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
