"""-vv: each call to AWS and Git on stderr, with its time."""

from __future__ import annotations

import json
import logging
import re

import pytest

from support.command_line import Project

CALL = re.compile(r"\d\d:\d\d:\d\d\.\d{3}Z  (.+) \d+\.\d{3} s\b.*")


def calls(text: str) -> list[str]:
    """Return the lines that log a call."""
    return [line for line in text.splitlines() if CALL.fullmatch(line)]


def test_each_call_to_git_and_to_step_functions_is_logged(shop: Project) -> None:
    """The calls are logged to stderr, between the lines that -v adds; stdout stays the same."""
    ran = shop.ok("-vv", "publish", "1.0.0")
    logged = "\n".join(calls(ran.err))
    assert "git update-ref" in logged
    assert "Step Functions CreateStateMachine" in logged
    assert "[1/2] hello: create state machine hello" in ran.err
    assert "deployed 1.0.0" in ran.out
    assert calls(ran.out) == []


@pytest.mark.parametrize("options", [(), ("-v",)])
def test_without_it_no_call_is_logged(shop: Project, options: tuple[str, ...]) -> None:
    """-v shows more of the result, and no calls; a run with -vv leaves no handler behind."""
    shop.ok("-vv", "releases")
    assert calls(shop.ok(*options, "releases").err) == []
    assert logging.getLogger("sfn_release").handlers == []


def test_verbosity_adds_up(shop: Project) -> None:
    """One -v before the command and one after it are -vv; --json stays one object."""
    ran = shop.ok("-v", "releases", "-v", "--json")
    assert calls(ran.err) != []
    assert json.loads(ran.out)["releases"] == []


def test_passwords_in_urls_are_hidden(shop: Project) -> None:
    """The URL of a remote may hold a token, which a CI log must not show."""
    shop.git("remote", "add", "origin", "http://bot:hunter2@127.0.0.1:9/shop.git")
    ran = shop.run("-vv", "publish", "1.0.0", "--no-deploy")
    assert ran.code == 1
    assert "127.0.0.1:9" in ran.err
    assert calls(ran.err) != []
    assert "hunter2" not in ran.out + ran.err
