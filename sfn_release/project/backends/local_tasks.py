"""Builds the sources of answers of a local environment from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_release.project.backends.backend import Clone
    from sfn_release.project.environment import Environment
    from sfn_release.project.task_settings import TaskSettings
    from sfn_release.simulator import Mocks
    from sfn_release.tasks import MockConfigFile, TaskSources


def project_sources(
    clone: Clone,
    environment: Environment,
    settings: TaskSettings,
    mocks_of: Callable[[str], Mocks] | None = None,
) -> TaskSources:
    """Return what answers the tasks of a project's local environment.

    *mocks_of* returns the mocks of a state machine; by default those beside the module that it was
    released from: ``<module>.mocks.json``. Raises ConfigError and OSError.
    """
    from sfn_release.project.mock_files import read_mocks
    from sfn_release.simulator import Mocks

    def released(state_machine: str) -> Mocks:
        source = clone.source_of(environment.name, state_machine)
        return read_mocks(clone.root, source) if source else Mocks()

    named = {**settings.handlers, **_by_value(settings.handlers, environment.parameters)}
    return sources(settings, named, clone.root, clone.now, clone.say, mocks_of or released)


def sources(
    settings: TaskSettings,
    handlers: Mapping[str, Any],
    folder: Path,
    now: Callable[[], datetime],
    log: Callable[[str], None],
    mocks_of: Callable[[str], Mocks] | None = None,
) -> TaskSources:
    """Return the sources that *settings* declare; their paths are relative to *folder*.

    *log* takes the lines that handlers print.
    """
    from sfn_release.simulator import Mocks
    from sfn_release.tasks import open_sources

    return open_sources(
        folder,
        now,
        handlers=handlers,
        buckets={name: folder / path for name, path in settings.buckets.items()},
        endpoints=settings.task_endpoints,
        mocks_of=mocks_of or (lambda _machine: Mocks()),
        log=log,
    )


def _by_value(handlers: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the handlers that are named as a parameter, by the function that fills it."""
    return {
        parameters[name]: handler
        for name, handler in handlers.items()
        if isinstance(parameters.get(name), str)
    }


def mock_config(settings: TaskSettings, folder: Path) -> MockConfigFile | None:
    """Return the mock configuration of *settings*. Raises ConfigError for a faulty file."""
    if settings.mock_config is None:
        return None
    from sfn_release.tasks import MockConfigFile

    file = MockConfigFile(folder / settings.mock_config)
    file.read()
    return file
