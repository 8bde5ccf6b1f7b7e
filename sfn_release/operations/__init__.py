"""The verbs of sfn-release, for its commands and for your pipelines.

    workspace = open_workspace(Path.cwd(), system_runtime(watcher))
    published = publish(workspace, "1.2.0", environments=["staging"])

Every verb takes a Workspace first, raises SfnReleaseError, and returns frozen data. Verbs never ask
before a change: an environment's ``confirm`` is for the command line, and verbs ignore it.

``__init__.pyi`` lists the public names. Each is imported when you first use it, so that `history`
doesn't load the modules that only `publish` needs. The verbs are in a folder of their own: Python
sets an imported submodule as an attribute of its package, and ``operations.publish`` is the verb.
"""

from __future__ import annotations

from sfn_release.lazy_names import load, public_names


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    value = load(__name__, __file__, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *public_names(__file__)})
