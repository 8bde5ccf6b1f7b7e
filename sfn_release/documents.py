"""YAML text to JSON values: nothing that JSON cannot say, and no surprise of YAML's."""

from __future__ import annotations

from typing import Any

from sfn_release.checks import MAX_BYTES
from sfn_release.errors import BuildError, DefinitionError


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

    class Loader(yaml.SafeLoader):
        """Reads JSON's types: a key that stands twice is refused, a date stays the text it is."""

        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
            first: [(tag, regexp) for tag, regexp in pairs if tag != "tag:yaml.org,2002:timestamp"]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            """Return the mapping; raise for a key that stands twice."""
            seen = set()
            for key, _ in node.value:
                if (key.tag, str(key.value)) in seen and key.tag != "tag:yaml.org,2002:merge":
                    raise DefinitionError(
                        f"Not usable YAML: the key {key.value!r} stands twice in one object, the"
                        f" second time in line {key.start_mark.line + 1}."
                    )
                seen.add((key.tag, str(key.value)))
            mapping = super().construct_mapping(node, deep=deep)
            for key in mapping:
                if not isinstance(key, str):
                    raise DefinitionError(
                        f"Not usable YAML: the key {key!r} in the object of line"
                        f" {node.start_mark.line + 1} is not a text.",
                        fix="Write it in quotes.",
                    )
            return mapping

    try:
        value = yaml.load(content, Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise DefinitionError(f"Not valid YAML{_where(error)}") from error
    except (RecursionError, ValueError) as error:
        raise DefinitionError(f"Not usable YAML: {error}.") from error
    _refuse_expansion(value)
    return value


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
