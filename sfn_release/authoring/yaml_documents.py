"""Read YAML as JSON values. YAML that JSON can't express is an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_release.checks.definition import MAX_BYTES
from sfn_release.errors import BuildError, DefinitionError

_LONGEST = 2 * MAX_BYTES  # bytes
_MERGE = "tag:yaml.org,2002:merge"
_MEMBERS = 100_000  # of one object, after its merges


def load_yaml(content: str | bytes) -> Any:
    """Return the JSON value of YAML text. Dates and times stay text.

    Needs the extra ``yaml``. Raises BuildError without it, and DefinitionError for invalid YAML,
    for keys that aren't text or appear twice, and for endless or huge aliases.
    """
    try:
        import yaml
    except ImportError as error:
        raise BuildError(
            "Can't read YAML: PyYAML is not installed.",
            fix="pip install 'sfn-release[yaml]'",
        ) from error

    if len(content) > _LONGEST:
        raise DefinitionError(
            f"The YAML file is too long: {len(content):,} bytes.",
            why=f"The limit is {_LONGEST:,} bytes. A definition has at most {MAX_BYTES:,}.",
            fix="Remove comments and layout, or write it as JSON.",
        )

    try:
        value = yaml.load(content, _loader(yaml))  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise DefinitionError(f"Invalid YAML{_where(error)}") from error
    except (RecursionError, ValueError) as error:
        reason = str(error).partition(";")[0]
        raise DefinitionError(f"Invalid YAML: {reason}.") from error
    _refuse_expansion(value)
    return value


def _loader(yaml: Any) -> Any:
    """Return a loader for JSON's types: duplicate keys are refused, and dates stay text.

    It extends PyYAML's safe loader, in C if available, which is ten times as fast.
    """
    parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(parser):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
            first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            """Return the mapping. Raises DefinitionError for keys that repeat or aren't text."""
            _refuse_keys(yaml, node)
            mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
            for key in mapping:
                if not isinstance(key, str):
                    raise DefinitionError(
                        f"Invalid YAML: the key {key!r} of the object in line"
                        f" {node.start_mark.line + 1} is not text.",
                        fix="Put it in quotes.",
                    )
            return mapping

        def flatten_mapping(self, node: Any) -> None:
            """Expand the merges (``<<``) of a mapping. Raises DefinitionError for huge ones."""
            members = len(node.value)
            for merged in _merged(yaml, node):
                self.flatten_mapping(merged)
                members += len(merged.value)
                if members > _MEMBERS:
                    raise DefinitionError(
                        f"Invalid YAML: merges make an object of over {_MEMBERS:,} members."
                    )
            super().flatten_mapping(node)

    return Loader


def _refuse_keys(yaml: Any, node: Any) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DefinitionError(
                f"Invalid YAML: the key in line {key.start_mark.line + 1} is not text."
            )
        if (key.tag, key.value) in seen and key.tag != _MERGE:
            raise DefinitionError(
                f"Invalid YAML: the key {key.value!r} appears twice in one object, the second"
                f" time in line {key.start_mark.line + 1}."
            )
        seen.add((key.tag, key.value))


def _merged(yaml: Any, node: Any) -> Iterator[Any]:
    """Yield the mappings that a mapping merges into itself."""
    for key, value in node.value:
        if key.tag == _MERGE:
            nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
            yield from (node for node in nodes if isinstance(node, yaml.MappingNode))


def _where(error: Any) -> str:
    """Return the place and PyYAML's reason, in one line."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    reasons = [getattr(error, "context", None), getattr(error, "problem", None)]
    reason = ", ".join(filter(None, reasons)) or getattr(error, "reason", "")
    return f"{place}: {reason}." if reason else f"{place}."


def _refuse_expansion(value: Any) -> None:
    """Refuse endless or huge values, which a few lines of anchors and aliases can make."""
    rest, seen = [value], 0
    while rest:
        item = rest.pop()
        seen += 1
        if seen > MAX_BYTES:  # each takes at least one byte
            raise DefinitionError(
                "Invalid YAML: its aliases make it endless, or larger than Step Functions allows."
            )
        if isinstance(item, dict | list):
            rest.extend(item.values() if isinstance(item, dict) else item)
