"""``[workflows.NAME] input_schema``: the inputs of executions are checked before the start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.command_line import Project, config

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
    "additionalProperties": False,
}
TABLE = '\n[workflows.hello]\ninput_schema = "hello.schema.json"\n'
GOOD, BAD = '{"name": "Alice"}', '{"name": 3, "age": 4}'


def declare(project: Project, schema: Any = SCHEMA, table: str = TABLE) -> None:
    """Write the schema of `hello`, and releases.toml."""
    project.write("releases.toml", config("local", "") + table)
    text = schema if isinstance(schema, str) else json.dumps(schema)
    project.write("workflows/hello.schema.json", text)


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_an_input_is_checked_before_the_start(shop: Project, tree: list[str]) -> None:
    """Every fault has its JSON path; --no-schema starts in any case."""
    declare(shop)
    shop.publish("1.0.0")
    assert shop.json("execute", "hello", *tree, "--input", GOOD)["status"] == "SUCCEEDED"
    ran = shop.run("execute", "hello", *tree, "--input", BAD)
    assert ran.code == 2
    assert "The input doesn't fit the input schema of hello." in ran.err
    assert "$: Additional properties are not allowed ('age' was unexpected)" in ran.err
    assert "$.name: expected string, not 3" in ran.err
    skipped = shop.json("execute", "hello", *tree, "--input", BAD, "--no-schema")
    assert skipped["status"] == "SUCCEEDED"


def test_a_release_keeps_its_schema(shop: Project) -> None:
    """It isn't part of the release's identity, and an old release has its own."""
    declare(shop)
    shop.publish("1.0.0")
    digest = shop.json("show", "1.0.0")["release_digest"]
    declare(shop, {"required": ["other"]})
    shop.git("commit", "--quiet", "--all", "--message=another schema")
    assert "nothing to do" in shop.run("publish", "1.0.0").out
    shop.publish("1.1.0")
    assert shop.json("show", "1.1.0")["release_digest"] == digest
    assert shop.json("execute", "hello", "--input", '{"other": 1}')["status"] == "SUCCEEDED"
    assert shop.run("execute", "hello", "--version", "1.0.0", "--input", GOOD).code == 0
    assert shop.run("execute", "hello", "--input", GOOD).code == 2


def test_a_schema_is_shown(shop: Project) -> None:
    """By `list` for the work tree, by `show` for a release."""
    without = shop.json("list")["workflows"][0]
    assert without["input_schema"] is None
    shop.publish("0.9.0")
    declare(shop)
    shop.publish("1.0.0")
    assert shop.json("list")["workflows"][0]["input_schema"] == "workflows/hello.schema.json"
    assert "workflows/hello.schema.json" in shop.run("list").out
    assert shop.json("show", "1.0.0")["input_schemas"] == ["hello"]
    assert shop.json("show", "1.0.0", "hello")["input_schema"] == SCHEMA
    assert json.loads(shop.run("show", "1.0.0", "hello", "--input-schema").out) == SCHEMA
    assert shop.json("show", "0.9.0", "hello")["input_schema"] is None
    assert shop.run("show", "0.9.0", "hello", "--input-schema").code == 1
    assert shop.run("show", "1.0.0", "--input-schema").code == 2


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ("{", "workflows/hello.schema.json: "),
        ("[]", "workflows/hello.schema.json isn't a JSON Schema"),
        ({"pattern": "a(?=b)"}, "the regular expression /a(?=b)/ has lookarounds"),
        ({"type": "objct"}, "workflows/hello.schema.json isn't a JSON Schema"),
        ({"$ref": "https://example.com/a.json"}, "Nothing is fetched"),
    ],
)
def test_a_faulty_schema_is_an_error(shop: Project, schema: Any, problem: str) -> None:
    """It names the line that declares it; nothing is published."""
    declare(shop, schema)
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--message=faulty")
    for command in (
        ["check"],
        ["check", "hello"],
        ["publish", "1.0.0"],
        ["execute", "hello", "--tree"],
    ):
        ran = shop.run(*command)
        assert ran.code == 1
        assert "E_CONFIG" in ran.err
        assert problem in ran.err
        assert "releases.toml:" in ran.err
    assert "v1.0.0" not in shop.git("tag")


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('[workflows.helo]\ninput_schema = "hello.schema.json"', 'Did you mean "hello"?'),
        ('[workflows.hello]\ninput_schma = "hello.schema.json"', 'Did you mean "input_schema"?'),
        ('[workflows.hello]\ninput_schema = "nothing.json"', "there is no workflows/nothing.json"),
        ('[workflows.hello]\ninput_schema = "/hello.json"', "It must be a relative path."),
        ('[workflows.hello]\ninput_schema = "../../x.json"', "is outside of the project"),
        ("[workflows.hello]\ninput_schema = 3", "must be a string"),
    ],
)
def test_a_faulty_table_is_an_error(shop: Project, table: str, problem: str) -> None:
    """With the line, and the nearest name."""
    declare(shop, table=f"\n{table}\n")
    ran = shop.run("check")
    assert ran.code == 1
    assert "E_CONFIG" in ran.err
    assert problem in ran.err


def test_check_of_a_name_reads_its_schema_alone(shop: Project) -> None:
    """If you name several workflows, the findings of the others are shown too."""
    shop.workflow("other", 1)
    declare(shop, table='\n[workflows.hello]\ninput_schema = "nothing.json"\n')
    ran = shop.run("check", "hello")
    assert (ran.code, "there is no workflows/nothing.json" in ran.err) == (1, True)
    assert shop.run("check", "other").code == 0
    both = shop.run("check", "hello", "other", "--json")
    assert both.code == 1
    (error,) = both.json["errors"]
    assert (error["file"], error["code"]) == ("workflows/nothing.json", "E_CONFIG")


def test_no_input_keeps_a_schema_busy(shop: Project) -> None:
    """A regular expression takes time in proportion to the text."""
    declare(shop, {"pattern": "^(a+)+$", "patternProperties": {"^(a+)+$": {"type": "string"}}})
    for value in ("a" * 60 + "!", {"a" * 60 + "!": 1}):
        ran = shop.run("execute", "hello", "--tree", "--input", json.dumps(value))
        assert ran.code == (2 if isinstance(value, str) else 0)


def test_a_schema_may_be_beside_the_folder_of_the_modules(shop: Project) -> None:
    """As long as it's in the project."""
    declare(shop, table='\n[workflows.hello]\ninput_schema = "../schemas/hello.json"\n')
    shop.write("schemas/hello.json", json.dumps(SCHEMA))
    assert shop.run("execute", "hello", "--tree", "--input", BAD).code == 2


def test_a_trial_brings_its_schema_into_the_ledger(shop: Project, tmp_path: Path) -> None:
    """When the release that only `local` knew gets its tag."""
    shop.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    shop.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    declare(shop)
    shop.publish("1.0.0")
    assert shop.json("show", "1.0.0")["trial"]
    assert shop.run("publish", "1.0.0", "--no-deploy").code == 0
    shown = shop.json("show", "1.0.0", "hello")
    assert shown["input_schema"] == SCHEMA
    assert shop.run("verify").code == 0
    assert shop.run("execute", "hello", "--input", BAD).code == 2


def test_a_schema_that_was_damaged_in_the_ledger_is_an_error(shop: Project) -> None:
    """It can't be one that `publish` has taken."""
    declare(shop)
    shop.publish("1.0.0")
    [branch] = [ref for ref in shop.refs() if ref.endswith("/releases")]
    shop.write("damaged.json", '{"type": "objct"}')
    blob = shop.git("hash-object", "-w", "damaged.json")
    shop.git("read-tree", branch)
    shop.git("update-index", "--add", "--cacheinfo", f"100644,{blob},schemas/hello.json")
    message = shop.git("log", "-1", "--format=%B", branch)
    parents = shop.git("log", "-1", "--format=%P", branch).split()
    options = [option for parent in parents for option in ("-p", parent)]
    forged = shop.git("commit-tree", shop.git("write-tree"), *options, "-m", message)
    shop.git("update-ref", branch, forged)
    shop.git("reset", "--quiet")
    ran = shop.run("execute", "hello", "--input", GOOD)
    assert ran.code == 1
    assert "E_TAMPERED" in ran.err
