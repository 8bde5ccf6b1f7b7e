"""Releases for AWS Step Functions that never change.

Made from Git, planned before they are applied, rolled back in one step.

    workflow modules → definitions → release → plan → deployment → record

You write *workflow modules* (``workflows/*.py``) with the names that this package exports::

    import sfn_release as sfn

    workflow = sfn.Workflow()
    workflow.start_from(sfn.Pass("Greet", result="Hello")).next_then(sfn.Succeed("Done"))
    hello = sfn.StateMachine("hello", workflow, role_arn="arn:aws:iam::111122223333:role/hello")

`authoring` turns them into *definitions* in the Amazon States Language. `asl` knows the language,
and `checks` find mistakes before AWS does. `simulator` runs a definition without AWS.
`local_service` is Step Functions on your machine, with versions and aliases: ``sfn.local()``.

`project` reads ``releases.toml`` and loads the modules of one commit in an isolated process, twice.
A *release* is all workflows of that commit under one semantic version: fixed digests of canonical
JSON (`canonical`). `release` holds its data, and `ledger` keeps it in Git, where it never changes.

`plan` compares a release with what runs in an environment and returns the *plan*: a tuple of steps.
It is pure: no Git, AWS or clock. `deployment` applies a plan through the clients of `aws`. It
appends a *record* to the ledger when it starts and when it ends. A rollback deploys the
definitions that an earlier record holds, byte for byte.

`operations` has one verb for each command, for the command line (`cli`) and for your pipeline.
A room imports only from the rooms above it: ``docs/explanation/architecture.md`` shows them in
order. Slow packages are imported where they are used. ``__init__.pyi`` lists the public names, and
each is imported when you first use it.
"""

from __future__ import annotations

__version__ = "0.2.0"


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that the command line starts fast."""
    if name.startswith("_") and name != "__all__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sfn_release.lazy_names import load

    value = load(__name__, __file__, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
