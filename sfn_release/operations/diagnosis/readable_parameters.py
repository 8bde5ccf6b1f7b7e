"""Examines whether the values of parameters can be read, without showing them."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.deployment.sources.source_reader import SourceReader
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.project.parameter_sources import StackSource, StateSource
from sfn_release.text import count


def examine_parameters(reader: SourceReader, findings: Findings) -> Iterator[Diagnosis]:
    """Yield a problem for each value of a stack or a Terraform state that can't be read.

    The permission for Parameter Store has a diagnosis of its own, and variables are only set
    where you deploy.
    """
    environment = reader.site.environment
    sources = {
        name: source
        for name, source in environment.sources(environment.parameters).items()
        if isinstance(source, StackSource | StateSource)
    }
    problems = 0
    for name, source in sorted(sources.items()):
        try:
            reader.values({name: source})
        except SfnReleaseError as error:
            problems += 1
            yield findings.error(f"parameter {name}", error)
    if sources and not problems:
        where = "stacks and Terraform states"
        yield findings.ok("parameters", f"{count(sources, 'value')} of {where} can be read")
