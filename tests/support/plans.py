"""Plans in tests: targets, states of AWS, and records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.plan import (
    Observed,
    Plan,
    Target,
    TargetWorkflow,
    plan,
)
from sfn_release.plan.steps import (
    ObservedAlias,
)
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving
from support.shop import ROLE
from support.values import definition

ARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:"


OWN = {"sfn-release:project": "shop", "sfn-release:environment": "prod"}


COMMIT = "c" * 40


def rendered(name: str, content: Any, **members: Any) -> Rendered:
    fixed = {"type": "STANDARD", "role": ROLE, "logging": {"level": "OFF"}, "tracing": {}}
    return Rendered(name, name, definition(content), **{**fixed, "encryption": {}, **members})


def target(version: str = "1.0.0", **contents: Any) -> Target:
    """Return a release of these workflows, with workflow digests from their contents."""
    workflows = {
        name: TargetWorkflow(f"sha256:{content}", f"workflows/{name}.py", form)
        for name, content in contents.items()
        for form in [content if isinstance(content, Rendered) else rendered(name, content)]
    }
    return Target("deploy", version, COMMIT, "sha256:all", workflows)


def there(name: str, content: Any, **members: Any) -> Observed:
    """Return a machine that we deployed: $LATEST and its version 1, the alias at it."""
    form = rendered(name, content)
    arn = ARN + name
    fixed: dict[str, Any] = {
        "latest": form,
        "revision": "r1",
        "tags": {**OWN, **origin("1.0.0", content)},
        "alias": ObservedAlias(f"{arn}:live", {f"{arn}:1": 100}, "sfn-release 1.0.0 old"),
        "versions": {f"{arn}:1": form.digest},
    }
    return Observed(arn, **{**fixed, **members})


def origin(version: str, content: Any) -> dict[str, str]:
    return {
        "sfn-release:version": version,
        "sfn-release:commit": COMMIT,
        "sfn-release:digest": f"sha256:{content}",
    }


def served(name: str, content: Any = "a", **tags: str) -> Served:
    form = rendered(name, content, tags=tags)
    alias = "sfn-release 1.0.0 old"
    return Served(
        "sha256:a", form.digest, "x.py", form.settings(), ARN + name, None, alias, "1.0.0"
    )


def serving(*workflows: Served) -> Serving:
    named = {workflow.settings["state_machine"]: workflow for workflow in workflows}
    return Serving("1.0.0", COMMIT, "sha256:all", "old", None, named)


def planned(
    to: Target, observed: Mapping[str, Observed | None], *, alias: str = "live", **options: Any
) -> Plan:
    fixed: dict[str, Any] = {"serving": None, "known": frozenset({"old"}), "deployment": "new"}
    options = {**fixed, **options}
    return plan(to, project="shop", environment="prod", alias=alias, observed=observed, **options)
