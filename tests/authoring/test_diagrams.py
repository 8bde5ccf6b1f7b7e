"""Pictures of definitions: their nodes and edges, and names that could break them."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.diagrams import Edge, dot, graph_of, mermaid
from sfn_release.authoring.diagrams.captions import condition
from sfn_release.authoring.diagrams.mermaid import too_large
from sfn_release.errors import DefinitionError
from support.command_line import run

TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
    "Catch": [{"ErrorEquals": ["States.Timeout", "S3.NoSuchKey"], "Next": "Sorry"}],
    "Next": "Enough",
}
ORDER: dict[str, Any] = {
    "StartAt": "Read",
    "States": {
        "Read": TASK,
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Ship"}],
            "Default": "Sorry",
        },
        "Ship": {
            "Type": "Parallel",
            "End": True,
            "Branches": [
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemsPath": "$.items",
                            "End": True,
                            "ItemProcessor": {
                                "ProcessorConfig": {"Mode": "DISTRIBUTED"},
                                "StartAt": "Pack",
                                "States": {"Pack": {"Type": "Pass", "End": True}},
                            },
                        }
                    },
                },
            ],
        },
        "Sorry": {"Type": "Fail", "Error": "Sorry"},
    },
}


def test_a_mermaid_picture_shows_states_ways_and_scopes() -> None:
    """Choices are labelled, catchers dashed, branches and item processors subgraphs."""
    assert mermaid(ORDER).splitlines() == [
        "flowchart TD",
        '  begin(["Start"])',
        '  s1["Read<br/>Task<br/>aws-sdk:s3:getObject"]',
        '  s2{"Enough<br/>Choice"}',
        '  s3[["Ship<br/>Parallel"]]',
        '  s4(["Sorry<br/>Fail<br/>Sorry"])',
        '  stop(["End"])',
        '  subgraph g1["Ship: branch 1"]',
        '    s5[["Each<br/>Map<br/>each of $.items"]]',
        '    subgraph g2["Each: each item, distributed"]',
        '      s6["Pack<br/>Pass"]',
        "    end",
        "  end",
        "  begin --> s1",
        "  s1 --> s2",
        '  s1 -.->|"States.Timeout, S3.NoSuchKey"| s4',
        '  s2 -->|"$.total #62; 100"| s3',
        '  s2 -->|"default"| s4',
        "  s5 ==> s6",
        "  s3 ==> s5",
        "  s3 --> stop",
        "  classDef failure stroke:#c62828,stroke-width:2px",
        "  class s4 failure",
    ]


def test_a_dot_picture_shows_the_same() -> None:
    """Scopes are clusters, which Graphviz draws as boxes."""
    text = dot(ORDER)
    assert '  s1 -> s4 [label="States.Timeout, S3.NoSuchKey", style="dashed"' in text
    assert '  subgraph cluster_g1 {\n    label="Ship: branch 1"\n' in text
    assert '      s6 [label="Pack\\nPass"]\n    }\n  }\n' in text
    assert text.count("{") == text.count("}") == 3


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Condition": "{% $states.input.total > 100 %}"}, "$states.input.total > 100"),
        ({"Variable": "$.a", "StringLessThanEqualsPath": "$.b"}, "$.a <= $.b"),
        ({"Variable": "$.a", "StringMatches": "x*"}, '$.a matches "x*"'),
        ({"Variable": "$.a", "BooleanEquals": False}, "$.a = false"),
        ({"Variable": "$.a", "IsPresent": False}, "$.a is not present"),
        ({"Not": {"Variable": "$.a", "IsNull": True}}, "not ($.a is null)"),
        (
            {"Or": [{"And": [{"Condition": "x"}, {"Condition": "y"}]}, {"Condition": "z"}]},
            "(x and y) or z",
        ),
        ({"Variable": "$.a"}, "$.a"),
        ({"And": 3}, "?"),
        ("no rule", "…"),
    ],
)
def test_a_condition_is_said_in_few_words(rule: Any, said: str) -> None:
    """Operators are drawn as signs, and paths and expressions as written."""
    assert said == condition(rule)


def test_what_leads_nowhere_is_drawn() -> None:
    """A transition to a missing state is drawn, so that you see the fault."""
    graph = graph_of({"States": {"A": {"Type": "Pass", "Next": "B"}, "C": 3}})
    assert [(node.id, node.type) for node in graph.nodes()] == [
        ("A", "Pass"),
        ("C", "Unknown"),
        ("B", "Missing"),
    ]
    assert graph.edges == (Edge("s1", "s3", "next"),)


@pytest.mark.parametrize("definition", [None, [], {}, {"States": []}])
def test_what_is_no_definition_is_refused(definition: Any) -> None:
    """A value that isn't a definition is one clear error."""
    with pytest.raises(DefinitionError, match="not a definition"):
        mermaid(definition)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "A", "$.x", "{% x %}", "Map"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["Type", "Next", "Choices", "Catch", "Branches", "States", "ErrorEquals"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["A", "B"]), VALUES), VALUES)
def test_whatever_is_in_a_definition_is_drawn(states: dict[str, Any], start: Any) -> None:
    """Values of any type are drawn at any place."""
    definition = {"StartAt": start, "States": states}
    assert mermaid(definition).startswith("flowchart TD\n")
    assert dot(definition).endswith("}\n")


def test_a_definition_without_a_bottom_is_refused() -> None:
    """Nesting of any depth is an error without a traceback."""
    deep: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    for _ in range(20_000):
        deep = {"States": {"M": {"Type": "Map", "ItemProcessor": deep}}}
    with pytest.raises(DefinitionError, match="nested too deeply"):
        dot(deep)


HOSTILE = [
    *("end", '"], x["', "`code`", "1. one", "- item", "# title", "_a_ **b**", "<script>", "&amp;"),
    *("#quot;", "%%{init: {}}%%", "style a:b#1;", "classDef a:b#1;", "$$x$$", "fa:fa-car", "a;b"),
    *("https://example.com", "a\nend", "\u202eevil", "\x1b[31m", "日本語 ✓", "x" * 80, "", "\\"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_the_picture(name: str) -> None:
    """Every line of the picture has a form of the writer's, and no name gets out of its quotes."""
    definition = {"StartAt": name, "States": {name: {"Type": "Pass", "Next": name}}}
    line = re.compile(
        r'flowchart TD|  begin\(\["Start"\]\)|  begin --> s1|  s1 --> s1|  s1\["[^"`%{}<>\n]*'
        r'<br/>Pass"\]'
    )
    assert [text for text in mermaid(definition).splitlines() if not line.fullmatch(text)] == []
    (label,) = re.findall(r's1 \[label="((?:[^"\\\n]|\\.)*)\\nPass"\]', dot(definition))
    shown = html.unescape(re.sub(r"\\(.)", r"\1", label))
    assert name == shown or not name.isprintable()


@pytest.mark.parametrize("way", ["TB", "BT", "RL", "LR", "TD"])
def test_a_name_does_not_turn_the_picture(way: str) -> None:
    """Mermaid reads ``direction LR`` anywhere in a line as a statement, and drops the line."""
    name = f"ask for direction  {way} now"
    branch = {"StartAt": name, "States": {name: {"Type": "Succeed"}}}
    text = mermaid({"States": {name: {"Type": "Parallel", "Branches": [branch]}}})
    assert text.count("direction") > 2
    assert re.search(r"direction\s", text) is None


@given(st.text(max_size=40))
def test_a_label_reads_as_the_name(name: str) -> None:
    """Entity codes show the original characters, except invisible ones."""
    text = mermaid({"States": {name: {"Type": "Pass"}}}).splitlines()[1]
    found = re.fullmatch(r'  s1\["(.*)<br/>Pass"\]', text)
    assert found is not None
    shown = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), found[1]).replace("\u200b", "")
    expected = "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in name
    )
    assert (expected or " ") == shown


def test_a_picture_that_mermaid_would_not_draw_is_told() -> None:
    """By default, Mermaid draws at most 500 edges and 50,000 characters."""
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(501)}
    assert too_large(mermaid({"States": states})).startswith("It has 501 edges")
    assert too_large("x" * 50_001).startswith("It has 50,001 characters")
    assert too_large(mermaid(ORDER)) == ""


def test_a_file_is_drawn_without_a_project(tmp_path: Path) -> None:
    """Definitions, modules and standard input are drawn without a project."""
    (tmp_path / "a.asl.json").write_text(json.dumps(ORDER), encoding="utf-8")
    (tmp_path / "b.py").write_text("import sfn_release as sfn\nb = sfn.Workflow.of(sfn.Pass('É'))")
    (tmp_path / "c.yaml").write_text("StartAt: X\nStates: {X: {Type: Succeed}}\n")

    assert run("-C", str(tmp_path), "graph", "a.asl.json").out == mermaid(ORDER)
    assert '["É<br/>Pass"]' in run("-C", str(tmp_path), "graph", "b.py").out
    assert "Succeed" in run("-C", str(tmp_path), "graph", "c.yaml", "--format", "dot").out
    assert run("graph", "-", stdin=json.dumps(ORDER)).out == mermaid(ORDER)
    answer = run("--json", "graph", "-", stdin=json.dumps(ORDER)).json
    assert {"workflow": "stdin", "format": "mermaid", "graph": mermaid(ORDER)} == {
        key: answer[key] for key in ("workflow", "format", "graph")
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nope.json",), "nope.json can't be read"),
        (("two.py",), "has 2 workflows: a, b"),
        (("broken.json",), "broken.json: Invalid JSON"),
        (("list.json",), "list.json: This is not a definition"),
    ],
)
def test_a_file_that_cannot_be_drawn_is_told(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """The error names the file."""
    (tmp_path / "two.py").write_text(
        "import sfn_release as sfn\n"
        "a, b = (sfn.StateMachine(n, sfn.Workflow.of(sfn.Succeed('S'))) for n in 'ab')\n"
    )
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    ran = run("-C", str(tmp_path), "graph", *arguments)
    assert (ran.code in (1, 2), ran.out) == (True, "")
    assert said in ran.err
