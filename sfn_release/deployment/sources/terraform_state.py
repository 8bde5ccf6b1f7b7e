"""Reads a Terraform or OpenTofu state: outputs, and attributes of resources. Pure.

Source of the format, version 4: Terraform's own `statefile` package, which writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.errors import ConfigError, NotFoundError
from sfn_release.project.terraform_addresses import (
    Key,
    ResourceAddress,
    in_brackets,
    parse_modules,
)
from sfn_release.text import count, did_you_mean

_VERSION = 4
_SHOWN = 10
_NO_SECRETS = (
    "Values that fill a definition are recorded in Git and shown in the console, so they can't be"
    " secrets."
)

_SECRET_NAME = re.compile(
    r"(.*_)?(password(_v4)?|passphrase|secret|client_secret|secret_(string|binary|key)|auth_token"
    r"|private_key(_pem|_pem_pkcs8|_openssh)?)"
)
"""Attributes that providers declare as sensitive. Only newer states mark them."""


@dataclass(frozen=True)
class TerraformState:
    """A state of version 4. *where* names it in errors."""

    where: str
    content: Mapping[str, Any]

    @property
    def origin(self) -> str:
        """The state's identity: its serial number and lineage."""
        parts = [f"{name} {self.content[name]}" for name in ("serial", "lineage")
                 if isinstance(self.content.get(name), str | int)]  # fmt: skip
        return ", ".join(parts)

    def output(self, name: str) -> Any:
        """Return the value of an output of the root module.

        Raises NotFoundError for an unknown output, and ConfigError for a sensitive one.
        """
        outputs = _table(self.content, "outputs")
        if name not in outputs:
            raise NotFoundError(
                f"{self.where} has no output {name!r}.",
                why=_known("outputs", outputs),
                fix=did_you_mean(name, outputs)
                or "Add the output to the root module, and run `terraform apply`.",
            )
        found = outputs[name]
        if not isinstance(found, Mapping) or "value" not in found:
            raise self._damaged(f"the output {name} has no value")
        if found.get("sensitive"):
            raise ConfigError(
                f"The output {name} of {self.where} is sensitive.",
                why=_NO_SECRETS,
                fix="Use the name or ARN of the secret. If the value is no secret, remove"
                " `sensitive` from the output, with nonsensitive(…) if Terraform asks for it.",
            )
        return found["value"]

    def attribute(self, address: ResourceAddress, path: tuple[Key, ...]) -> Any:
        """Return the value of a nested attribute of a resource.

        Raises NotFoundError for an unknown resource, instance or attribute, and ConfigError for a
        sensitive attribute, and for a resource with several instances.
        """
        instance = self._instance(address)
        attributes = instance.get("attributes")
        if not isinstance(attributes, Mapping):
            raise self._damaged(f"{address} has no attributes")
        if _is_sensitive(instance.get("sensitive_attributes"), path):
            raise self._secret(address, path, "is sensitive", "")
        value: Any = attributes
        for place, key in enumerate(path):
            try:
                value = value[_index(value, key)]
            except (KeyError, IndexError, TypeError):
                known = [str(name) for name in value] if isinstance(value, Mapping) else []
                inside = f"{_dotted(path[:place])} of " if place else ""
                raise NotFoundError(
                    f"{inside}{address} in {self.where} has no attribute {key!r}.",
                    why=_known("attributes", known) if known else _kind(value),
                    fix=did_you_mean(str(key), known),
                ) from None
        if _is_secret(address, path, value):
            raise self._secret(
                address,
                path,
                "is a secret by its name",
                " If it's no secret, add an output for it.",
            )
        return value

    def _secret(
        self, address: ResourceAddress, path: tuple[Key, ...], problem: str, otherwise: str
    ) -> ConfigError:
        return ConfigError(
            f"The attribute {_dotted(path)} of {address} in {self.where} {problem}.",
            why=_NO_SECRETS,
            fix=f"Use the name or ARN of the secret, and let the task read it.{otherwise}",
        )

    def _instance(self, address: ResourceAddress) -> Mapping[str, Any]:
        resources = dict(self._resources())
        whole = ResourceAddress(address.modules, address.mode, address.type, address.name)
        if whole not in resources:
            known = [str(found) for found in resources]
            raise NotFoundError(
                f"{self.where} has no resource {whole}.",
                why=f"It has {count(known, 'resource')}.",
                fix=did_you_mean(str(whole), known),
            )
        found = {
            instance.get("index_key"): instance
            for instance in resources[whole]
            if isinstance(instance, Mapping) and not instance.get("deposed")
        }
        if address.instance in found:
            return found[address.instance]
        if not found:
            raise NotFoundError(f"{whole} in {self.where} has no instance.")
        named = [f"{whole}{in_brackets(key)}" for key in found]
        raise NotFoundError(
            f"{address} in {self.where} is not an instance."
            if address.instance is not None
            else f"{address} in {self.where} has instances: choose one.",
            why=_known("instances", named),
            fix=did_you_mean(str(address), named),
        )

    def _resources(self) -> Iterable[tuple[ResourceAddress, list[Any]]]:
        resources = self.content.get("resources")
        for resource in resources if isinstance(resources, list) else ():
            match resource:
                case {
                    "mode": "managed" | "data" as mode,
                    "type": str(type),
                    "name": str(name),
                    "instances": list(instances),
                }:
                    module = resource.get("module", "")
                    modules = parse_modules(str(module)) if module else ()
                    if modules is None:
                        raise self._damaged(f"{module!r} is not a module")
                    yield ResourceAddress(modules, mode, type, name), instances
                case _:
                    raise self._damaged("a resource has no type, name or instances")

    def _damaged(self, problem: str) -> ConfigError:
        return ConfigError(f"{self.where} is damaged: {problem}.", fix="Run `terraform plan`.")


def read_state(data: bytes, where: str) -> TerraformState:
    """Return the state that *data* is.

    Raises NotFoundError for an empty file, which has no state yet; ConfigError for an encrypted
    state, for another version, and for anything that isn't a state. Errors never show its content.
    """
    if not data.strip():
        raise NotFoundError(f"{where} is empty.", fix="Run `terraform apply` first.")
    content = _json(data, where)
    if not isinstance(content, Mapping):
        raise _no_state(where, f"It's JSON, but {_kind(content)}")
    if "encrypted_data" in content:
        raise ConfigError(
            f"{where} is encrypted by OpenTofu.",
            why="Only OpenTofu can read it.",
            fix="Write the value to Parameter Store in the same configuration, and use"
            " { ssm = … }.",
        )
    if "format_version" in content:
        raise _no_state(where, "It's the output of `terraform show -json`.")
    version = content.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise _no_state(where, "It has no `version`.")
    if version != _VERSION:
        old = version < _VERSION
        raise ConfigError(
            f"{where} is a state of version {version}, but only version {_VERSION} can be read.",
            why="It was written by Terraform 0.11 or older." if old else "It's newer than this.",
            fix="Run `terraform apply` with Terraform 0.12 or newer, which rewrites it."
            if old
            else "Update sfn-release.",
        )
    return TerraformState(where, content)


def _json(data: bytes, where: str) -> Any:
    if data.lstrip()[:1] == b"<":
        raise _no_state(where, "It's HTML or XML, perhaps a page for logging in.")
    if data.startswith(b"version https://git-lfs"):
        raise _no_state(where, "It's a pointer of Git LFS.")
    try:
        return json.loads(data)
    except RecursionError as error:
        raise _no_state(where, "Its JSON is nested too deeply.") from error
    except UnicodeDecodeError as error:
        raise _no_state(where, "It's binary: perhaps encrypted or compressed.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _no_state(where, f"It's not JSON: {error.msg} at {place}.") from None
    except ValueError as error:  # thousands of digits
        raise _no_state(where, "It has a number that is too long.") from error


def _no_state(where: str, why: str) -> ConfigError:
    return ConfigError(
        f"{where} is not a Terraform state.",
        why=why,
        fix="Name the state itself, which `terraform state pull` shows.",
    )


def _table(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, Mapping) else {}


def _index(value: Any, key: Key) -> Key:
    """Return *key* in the form that *value* takes: maps have texts, lists numbers."""
    if isinstance(value, list) and isinstance(key, int):
        return key
    if isinstance(value, Mapping):
        return str(key)
    raise TypeError(key)


def _is_sensitive(marks: Any, path: tuple[Key, ...]) -> bool:
    """Whether an attribute is marked as sensitive, or has such an attribute inside.

    A mark is a list of steps, ``{"type": "get_attr", "value": "password"}``; the value of an
    ``index`` is a table with a value. A mark of another shape may mean any attribute.
    """
    if not isinstance(marks, list):
        return marks is not None
    for mark in marks:
        steps = [_step(step) for step in mark] if isinstance(mark, list) else [None]
        if all(
            step is None or str(step) == str(key) for step, key in zip(steps, path, strict=False)
        ):
            return True
    return False


def _is_secret(address: ResourceAddress, path: tuple[Key, ...], value: Any) -> bool:
    """Whether a value is a secret by the name of its attribute, or has one inside."""
    if isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        return any(_is_secret(address, (*path, key), item) for key, item in items)
    if not isinstance(value, str) or not value or value.startswith("arn:"):
        return False
    generated = address.type == "random_password" and path[0] in {"result", "bcrypt_hash"}
    return generated or any(_SECRET_NAME.fullmatch(str(key).lower()) for key in path)


def _step(step: Any) -> Any:
    value = step.get("value") if isinstance(step, Mapping) else step
    return value.get("value") if isinstance(value, Mapping) else value


def _dotted(path: tuple[Key, ...]) -> str:
    return ".".join(map(str, path))


def _known(noun: str, names: Iterable[str]) -> str:
    names = sorted(names)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"Its {noun}: {', '.join(names[:_SHOWN])}{more}." if names else f"It has no {noun}."


def _kind(value: Any) -> str:
    match value:
        case list():
            return f"It's a list of {count(value, 'item')}."
        case Mapping():
            return "It's an object."
        case None:
            return "It's null."
        case _:
            return "It's a simple value."
