"""YAML text to JSON values: nothing that JSON cannot say, and no surprise of YAML's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_release.checks import MAX_BYTES
from sfn_release.errors import BuildError, DefinitionError

_LONGEST = 2 * MAX_BYTES  # bytes of YAML that are read
_MERGE = "tag:yaml.org,2002:merge"
_MEMBERS = 100_000  # of one object, after its merges


def load_yaml(content: str | bytes) -> Any:
    """Return the JSON value that YAML text stands for; dates and times stay texts.

    Needs the extra ``yaml``. Raises DefinitionError for what JSON cannot say: keys that are no
    texts or stand twice, endless or huge aliases.
    """
    try:
        import yaml
    except ImportError as error:
        raise BuildError(
            "YAML cannot be read: PyYAML is not installed.",
            fix="pip install 'sfn-release[yaml]'",
        ) from error

    if len(content) > _LONGEST:
        raise DefinitionError(
            f"The YAML text is too long: {len(content):,} bytes.",
            why=f"At most {_LONGEST:,} are read. A definition has at most {MAX_BYTES:,}.",
            fix="Take comments and layout out, or write it as JSON.",
        )

    try:
        value = yaml.load(content, _loader(yaml))  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise DefinitionError(f"Not valid YAML{_where(error)}") from error
    except (RecursionError, ValueError) as error:
        reason = str(error).partition(";")[0]
        raise DefinitionError(f"Not usable YAML: {reason}.") from error
    _refuse_expansion(value)
    return value


def _loader(yaml: Any) -> Any:
    """Return a loader for JSON's types: a key that stands twice is refused, a date stays a text.

    It is built on PyYAML's safe loader, on the one in C where there is one: that is ten times as
    fast.
    """
    parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(parser):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
            first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            """Return the mapping; raise for a key that stands twice or is not a text."""
            _refuse_keys(yaml, node)
            mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
            for key in mapping:
                if not isinstance(key, str):
                    raise DefinitionError(
                        f"Not usable YAML: the key {key!r} in the object of line"
                        f" {node.start_mark.line + 1} is not a text.",
                        fix="Write it in quotes.",
                    )
            return mapping

        def flatten_mapping(self, node: Any) -> None:
            """Write the merges (``<<``) of a mapping out; raise for more than any file needs."""
            members = len(node.value)
            for one in _merged(yaml, node):
                self.flatten_mapping(one)
                members += len(one.value)
                if members > _MEMBERS:
                    raise DefinitionError(
                        f"Not usable YAML: merges make an object of over {_MEMBERS:,} members."
                    )
            super().flatten_mapping(node)

    return Loader


def _refuse_keys(yaml: Any, node: Any) -> None:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise DefinitionError(
                f"Not usable YAML: the key in line {key.start_mark.line + 1} is not a text."
            )
        if (key.tag, key.value) in seen and key.tag != _MERGE:
            raise DefinitionError(
                f"Not usable YAML: the key {key.value!r} stands twice in one object, the"
                f" second time in line {key.start_mark.line + 1}."
            )
        seen.add((key.tag, key.value))


def _merged(yaml: Any, node: Any) -> Iterator[Any]:
    """Yield the mappings that a mapping merges into itself."""
    for key, value in node.value:
        if key.tag == _MERGE:
            several = value.value if isinstance(value, yaml.SequenceNode) else [value]
            yield from (one for one in several if isinstance(one, yaml.MappingNode))


def _where(error: Any) -> str:
    """Return the place and PyYAML's reason: its own text is of several lines, with a caret."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    said = [getattr(error, "context", None), getattr(error, "problem", None)]
    reason = ", ".join(one for one in said if one) or getattr(error, "reason", "")
    return f"{place}: {reason}." if reason else f"{place}."


def _refuse_expansion(value: Any) -> None:
    """Refuse what anchors and aliases of YAML make of a few lines: endless or huge values."""
    rest, seen = [value], 0
    while rest:
        item = rest.pop()
        seen += 1
        if seen > MAX_BYTES:  # each of them takes at least one
            raise DefinitionError(
                "Not usable YAML: its aliases make it endless, or larger than Step Functions takes."
            )
        if isinstance(item, dict | list):
            rest.extend(item.values() if isinstance(item, dict) else item)
