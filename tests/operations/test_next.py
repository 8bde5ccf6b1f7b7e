"""next, and publish --bump: the version that the changes call for."""

from __future__ import annotations

import json

from support.command_line import Project


def definition(**parameters: str) -> str:
    """Return a definition whose output has the parameters, read from the input."""
    state = {"Type": "Pass", "Parameters": parameters, "End": True}
    return json.dumps({"StartAt": "A", "States": {"A": state}})


def test_the_next_version_follows_from_the_changes(shop: Project) -> None:
    """The first release, a safe change, other results, a break, nothing, a yanked release."""
    shop.write("workflows/hello.asl.json", definition(**{"a.$": "$.a", "b": "x"}))
    found = shop.json("next")
    assert (found["version"], found["bump"], found["schema"]) == (
        "0.1.0",
        "first",
        "sfn-release/next/1",
    )
    shop.publish("1.0.0")
    assert shop.json("next")["bump"] == "none"
    assert shop.ok("next").out == "1.0.0 is released, and nothing changed since\n"

    shop.write("workflows/hello.asl.json", definition(**{"a.$": "$.a", "b": "y"}))
    assert shop.ok("next").out.startswith("1.1.0  minor, after 1.0.0\n  hello: ")
    shop.write("workflows/hello.asl.json", definition(**{"a.$": "$.a", "b.$": "$.c"}))
    found = shop.json("next")
    assert (found["version"], found["bump"], found["last"]) == ("2.0.0", "major", "1.0.0")
    assert found["reasons"][0] == (
        'hello: the input must have $.c, which "A" reads (breaks callers)'
    )
    assert {change["class"] for change in found["semantic_changes"]} == {"breaking", "results"}

    shop.commit()
    told = shop.ok("publish", "1.0.1", "--no-deploy").err
    assert "the changes since 1.0.0 call for 2.0.0, not 1.0.1: hello: the input" in told
    shop.ok("yank", "1.0.1", "--reason", "too small")
    assert shop.json("next")["version"] == "2.0.0"
    shop.write("workflows/hello.asl.json", definition(**{"a.$": "$.a"}))
    shop.commit()
    done = shop.ok("publish", "--bump", "auto", "--no-deploy")
    assert "version 2.0.0, major after 1.0.0: hello: the output may not have $.b" in done.err
    assert done.out.startswith("2.0.0 released")
    shop.write("workflows/hello.asl.json", definition(c="z"))
    shop.commit()
    small = shop.ok("publish", "--bump", "patch", "--no-deploy").err
    assert "version 2.0.1, patch after 2.0.0, as --bump patch chose\n" in small
    assert "the changes since 2.0.0 call for 3.0.0, not 2.0.1: hello: " in small
    again = shop.ok("publish", "--bump", "patch", "--no-deploy")
    assert "nothing changed since 2.0.1: it is published again" in again.err
    assert "2.0.1 is already released" in again.out


def test_a_version_and_a_bump_do_not_go_together(shop: Project) -> None:
    """They are two answers to one question."""
    for words in (["1.0.0", "--bump", "auto"], ["--bump", "minor", "--version-from-tag"]):
        failed = shop.run("publish", *words)
        assert (failed.code, "E_USAGE" in failed.err) == (2, True)


def test_diff_has_a_format_for_each_reader(shop: Project) -> None:
    """Text, Markdown and a graph name the change; JSON has its class; -v shows the JSON below."""
    shop.write("workflows/hello.asl.json", definition(a="x", b="x"))
    shop.publish("1.0.0")
    shop.write("workflows/hello.asl.json", definition(a="y", c="x"))
    text = shop.ok("diff", "1.0.0").out
    assert "\nhello: breaks callers\n" in text
    assert "  ~ the output may not have $.b\n      breaking: Callers that read it find" in text
    assert '      state "A": Parameters.a "x" → "y"\n' in shop.ok("-v", "diff", "1.0.0").out
    markdown = shop.ok("diff", "1.0.0", "--format", "markdown").out
    assert markdown.startswith("### `1.0.0 → the work tree`\n\n`hello`: **breaks callers**\n\n- ")
    assert "<details><summary>3 differences of the JSON</summary>" in markdown
    graph = shop.ok("diff", "1.0.0", "--format", "mermaid").out
    assert "A<br/>Pass<br/>#126; data" in graph
    found = json.loads(shop.ok("diff", "1.0.0", "--format", "json").out)
    assert {"workflow": "hello", "kind": "output", "class": "breaking"}.items() <= next(
        change for change in found["semantic_changes"] if change["kind"] == "output"
    ).items()
    equal = shop.ok("diff", "1.0.0", "1.0.0", "--format", "markdown").out
    assert equal == "### `1.0.0 → 1.0.0`\n\nNo difference in 1 workflow.\n"
