"""State graphs as SVG: what a reader sees, hears and can follow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.diagrams.drawing import Edge, Node, graph_of
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.errors import ConfigError
from sfn_release.report.drawing import layered_layout, state_graph_svg
from sfn_release.report.drawing.layered_layout import Link, Size

DRAWING = """
import json, sys
from sfn_release.authoring.diagrams.drawing import graph_of
from sfn_release.report.drawing import state_graph_svg
sys.stdout.write(state_graph_svg(graph_of(json.load(sys.stdin)), title="t"))
"""
SVG = "{http://www.w3.org/2000/svg}"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
ORDERS: dict[str, Any] = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            **TASK,
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["CardDeclined"], "Next": "Declined"}],
            "Next": "Paid?",
        },
        "Paid?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.paid", "BooleanEquals": True, "Next": "Each parcel"}],
            "Default": "Charge",
        },
        "Each parcel": {
            "Type": "Map",
            "ItemsPath": "$.parcels",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED"},
                "StartAt": "Pack",
                "States": {"Pack": {**TASK, "End": True}},
            },
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": name, "States": {name: {**TASK, "End": True}}} for name in "AB"
            ],
            "End": True,
        },
        "Declined": {"Type": "Fail", "Error": "Declined"},
    },
}


def drawn(definition: Any, marks: Marks | None = None, **options: Any) -> ET.Element:
    """Return the SVG of a definition as XML."""
    text = state_graph_svg(graph_of(definition), marks=marks, title="orders", **options)
    return ET.fromstring(text)  # noqa: S314 - our own text


def classes(svg: ET.Element, name: str) -> list[ET.Element]:
    """Return the elements that have a class."""
    return [part for part in svg.iter() if name in part.get("class", "").split()]


def texts(svg: ET.Element, name: str) -> list[str]:
    """Return the texts of the elements with a class."""
    return ["".join(part.itertext()) for part in classes(svg, name)]


def test_a_graph_shows_states_ways_and_inner_graphs() -> None:
    """Each type has a class and its name in words; inner graphs have titles."""
    svg = drawn(ORDERS)
    assert {*texts(svg, "name")} == {*ORDERS["States"], "Pack", "A", "B"}
    assert "Map · distributed · each of $.parcels" in texts(svg, "detail")
    assert texts(svg, "branch-title") == ["branch 1", "branch 2"]
    assert len(classes(svg, "retry")) == 1
    assert len(classes(svg, "start-dot")) == 3
    assert len(classes(svg, "edge-catch")) == 1
    assert len(classes(svg, "edge-head")) == len(graph_of(ORDERS).edges)
    labels = [*classes(svg, "edge-label")]
    shown = ["".join(line.text or "" for line in label.iter(f"{SVG}text")) for label in labels]
    assert sorted(shown) == ["$.paid = true", "CardDeclined", "default"]


def test_a_screen_reader_hears_each_state_with_its_ways() -> None:
    """The lines and their labels are for the eye: the states say where they lead."""
    svg = drawn(ORDERS, description="5 states")
    assert (svg.get("role"), svg.get("aria-label")) == ("group", "orders")
    assert (svg.findtext(f"{SVG}title"), svg.findtext(f"{SVG}desc")) == ("orders", "5 states")
    charge = next(
        part for part in svg.iter() if (part.get("aria-label") or "").startswith("Charge")
    )
    assert charge.get("role") == "img"
    assert charge.get("aria-label") == (
        "Charge, Task · lambda:invoke, Retry: States.Timeout up to 2×, "
        "then Paid?; on CardDeclined then Declined"
    )
    for name in ("edges", "edge-labels"):
        assert [part.get("aria-hidden") for part in classes(svg, name)] == ["true"]


def test_states_are_links_with_names() -> None:
    """The address is escaped; a state without one is no link."""
    svg = drawn(ORDERS, link=lambda node: f'#"<{node.id}>' if node.type == "Task" else None)
    links = {part.get("href"): part.get("aria-label") or "" for part in svg.iter(f"{SVG}a")}
    assert links.keys() == {'#"<Charge>', '#"<Pack>', '#"<A>', '#"<B>'}
    assert all(name for name in links.values())


@pytest.mark.parametrize("type", ["Parallel", "Map"])
def test_the_mark_of_a_box_is_told_apart_too(type: str) -> None:
    """A Parallel and a Map have other states inside of them, which keep their own marks."""
    inner = {"StartAt": "Pick", "States": {"Pick": {"Type": "Pass", "End": True}}}
    parts = {"Branches": [inner]} if type == "Parallel" else {"ItemProcessor": inner}
    box = {"StartAt": "Box", "States": {"Box": {"Type": type, "End": True, **parts}}}

    def node_mark(node: Node) -> Mark | None:
        return Mark("removed", "removed") if node.id == "Box" else None

    svg = drawn(box, Marks(node_mark, lambda _edge: None))
    (found,) = classes(svg, "box")
    assert {"node", "box", "removed"} <= {*found.get("class", "").split()}
    assert "− removed" in found.get("aria-label", "")
    assert [*texts(svg, "mark")] == ["− removed"]
    assert len(classes(svg, "removed")) == 1


def test_marks_are_told_apart_by_text_and_class() -> None:
    """A sign in words, and a class for the line; the marks are said aloud too."""
    styles = {"Charge": "added", "Paid?": "removed", "Tell": "changed", "Declined": "failed"}

    def node_mark(node: Node) -> Mark | None:
        style = styles.get(node.id)
        return Mark(style, f"is {style}") if style else None  # type: ignore[arg-type]

    def edge_mark(edge: Edge) -> Mark | None:
        return Mark("removed", "removed") if edge.kind == "catch" else None

    svg = drawn(ORDERS, Marks(node_mark, edge_mark))
    assert {*texts(svg, "mark")} == {
        "+ is added",
        "− is removed",
        "~ is changed",
        "is failed",
        "− removed",
    }
    assert len(classes(svg, "removed")) == 3  # a state, a line, and the line's label
    assert any(
        "on CardDeclined then Declined (− removed)" in (part.get("aria-label") or "")
        for part in svg.iter()
    )


@given(st.text(), st.text(), st.text())
def test_any_text_gives_xml(name: str, title: str, error: str) -> None:
    """Control characters, surrogates and markup are shown, and never read as XML."""
    machine = {
        "StartAt": name,
        "States": {
            name: {**TASK, "Catch": [{"ErrorEquals": [error], "Next": name}], "End": True},
        },
    }
    text = state_graph_svg(graph_of(machine), title=title, description=error)
    svg = ET.fromstring(text.encode())  # noqa: S314 - our own text
    assert {part.tag.removeprefix(SVG) for part in svg.iter()} <= {
        *("svg", "title", "desc", "g", "path", "text")
    }


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])))
def test_the_whole_name_is_always_there(name: str) -> None:
    """A label is cut off, its title isn't."""
    svg = drawn({"StartAt": "", "States": {name: {"Type": "Pass", "End": True}}})
    titles = [part.text or "" for part in svg.iter(f"{SVG}title")]
    assert any(name in title for title in titles)


def test_equal_definitions_give_equal_bytes() -> None:
    """Also in processes with other hash seeds: nothing is left to chance or to the clock."""
    first = state_graph_svg(graph_of(ORDERS), title="t")
    assert state_graph_svg(graph_of(ORDERS), title="t") == first
    for seed in ("1", "2"):
        command = [sys.executable, "-c", DRAWING]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            command, input=json.dumps(ORDERS), env=environment, capture_output=True, check=True,
            encoding="utf-8",
        )  # fmt: skip
        assert done.stdout == first
    assert "style=" not in first
    assert " id=" not in first
    assert "<script" not in first


def test_without_the_package_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The package is an extra."""
    monkeypatch.setitem(__import__("sys").modules, "graphlay", None)
    with pytest.raises(ConfigError) as found:
        layered_layout.layered([Size(1, 1)] * 2, [Link(0, 1)])
    assert found.value.fix == "Run:  pip install 'sfn-release[report]'"


def test_the_spoken_name_contains_the_shown_words() -> None:
    """Someone who speaks the words that they see reaches the state: WCAG 2.5.3, label in name."""
    svg = drawn(ORDERS, link=lambda node: f"#{node.key}")
    links = classes(svg, "node-link")
    assert links
    for link in links:
        spoken = link.get("aria-label", "").replace(",", "").split()
        shown = [
            word for part in link.iter(f"{SVG}text") for word in "".join(part.itertext()).split()
        ]
        assert {*shown} <= {*spoken}
        words = [part for part in link.iter() if part.tag in {f"{SVG}text", f"{SVG}title"}]
        assert all((part.tail or "").isspace() for part in words)
