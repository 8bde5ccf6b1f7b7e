"""docs/how-to/: the commands of a release's life run as shown, in one project with a remote."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from support.command_line import ROLE, Project
from support.places import ROOT

PAGES = ROOT / "docs" / "how-to"
API = (ROOT / "docs/reference/python/operations.md").read_text(encoding="utf-8")
ENVIRONMENTS = ("staging", "prod")
TESTS = '[[test]]\nname = "it answers"\ninput = {}\n\n[test.expect]\npath = ["Only"]\n'


def commands(page: str) -> list[list[str]]:
    """Return the command lines of a page's shell blocks as words, without comments."""
    text = (PAGES / page).read_text(encoding="utf-8")
    found = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    lines = found.replace(" && ", "\n").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.fixture
def shop(repository: Path, local_server: str) -> Project:
    """Return a project with a remote, whose 1.0.0 and 1.1.0 were promoted to prod."""
    made = Project(repository, environment="prod", endpoint=local_server)
    settings = ['[project]\nname = "shop"']
    for environment in ENVIRONMENTS:
        settings += [
            f'[environments.{environment}]\nregion = "eu-west-1"',
            f'endpoint_url = "{local_server}"\nrole_arn = "{ROLE}"',
            f'name = "{{workflow}}-pages-{environment}"',
        ]
    settings.append('requires = ["staging"]')
    made.write("releases.toml", "\n".join(settings))
    made.write("workflows/orders.tests.toml", TESTS)
    hub = repository.parent / "hub.git"
    made.git("init", "--quiet", "--bare", str(hub))
    made.git("remote", "add", "origin", str(hub))
    for version in ("1.0.0", "1.1.0"):
        made.publish(version, "--env", "staging", orders=version)
        made.ok("promote", "--from", "staging", "--to", "prod")
    made.commit(orders="1.2.0")
    made.git("push", "--quiet", "origin", "HEAD:main")
    return made


def follow(project: Project, page: str) -> None:
    """Run the commands of a page; each exits 0."""
    for program, *arguments in commands(page):
        match program, *arguments:
            case "git", "commit", *_:
                project.workflow("orders", f"fixed by {page}")
                project.git(*arguments)
            case "git", "tag", *_:
                continue  # the tag is there: publish made it, under "The commands"
            case "git", *_:
                project.git(*arguments)
            case "sfn-release", "which", _:
                ran = project.json("execute", "orders", "--env", "prod")
                project.ok("which", ran["execution_arn"])
            case "sfn-release", *_:
                project.ok(*arguments)
            case _:
                pytest.fail(f"{page}: {program}")


def test_the_commands_of_a_release_s_life_run_as_shown(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pipelines release 1.2.0; the other pages look at it, fix it, and go back, Python last."""
    follow(shop, "pipelines.md")
    for page in ("plan-a-deployment.md", "drift.md", "prove-what-is-live.md", "verify.md"):
        follow(shop, page)
    shop.publish("1.3.0", "--env", "staging", refunds="1.3.0")
    follow(shop, "hotfix.md")
    assert shop.json("status", "--env", "staging")["environments"][0]["version"] == "1.3.1"
    assert shop.json("status", "--env", "prod")["environments"][0]["version"] == "1.2.1"
    follow(shop, "yank.md")
    follow(shop, "roll-back.md")
    assert shop.json("status", "--env", "prod")["environments"][0]["version"] == "1.1.0"
    (example,) = re.findall(r"^```py\n(from pathlib.*?)^```$", API, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(shop.root)
    ran: dict[str, Any] = {}
    exec(example.replace('"local"', '"prod"'), ran)  # noqa: S102 - a block of our own page
    assert ran["record"].version == "1.0.0"
