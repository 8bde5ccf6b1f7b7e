"""The services, actions and parameters in botocore's models.

The models are files of the installed botocore. Reading one takes up to a tenth of a second, so each
is read when you first use the service, and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from sfn_release.checks.services import java_names

Shapes = Mapping[str, Mapping[str, Any]]
_MODEL = "service-2"


@dataclass(frozen=True, eq=False)
class Service:
    """One service's model. *id* is the service's name in a Resource."""

    id: str
    model: Mapping[str, Any]

    @property
    def shapes(self) -> Shapes:
        """Every shape by its name, as the model has it."""
        shapes: Shapes = self.model["shapes"]
        return shapes

    @property
    def error_prefix(self) -> str:
        """How the names of its errors begin in SDK integrations."""
        return java_names.error_prefix(self.model["metadata"]["serviceId"])

    @cached_property
    def actions(self) -> Mapping[str, Mapping[str, Any]]:
        """Every operation by its name in a Resource."""
        return {
            java_names.action(name): operation
            for name, operation in self.model["operations"].items()
        }

    def input_of(self, action: str) -> str | None:
        """Return the name of the shape of an action's parameters; None for one without any."""
        return self._shape_of(action, "input")

    def output_of(self, action: str) -> str | None:
        """Return the name of the shape of an action's result; None for one without any."""
        return self._shape_of(action, "output")

    def _shape_of(self, action: str, side: str) -> str | None:
        shape = self.actions[action].get(side)
        return None if shape is None else str(shape["shape"])

    def streams(self, action: str) -> bool:
        """Whether the action's answer, or its input, is a stream of events."""
        operation = self.actions[action]
        shapes = [operation[side]["shape"] for side in ("input", "output") if side in operation]
        return any(
            self.shapes[member["shape"]].get("eventstream")
            for shape in shapes
            for member in self.shapes[shape].get("members", {}).values()
        )

    @cached_property
    def _members(self) -> dict[tuple[str, bool], Mapping[str, tuple[str, str]]]:
        return {}

    def members(self, shape: str, *, sdk: bool) -> Mapping[str, tuple[str, str]]:
        """Return a structure's members: as written in a definition → its own name, its shape."""
        known = self._members.get((shape, sdk))
        if known is None:
            spell = java_names.sdk_parameter if sdk else java_names.optimized_parameter
            members = self.shapes[shape].get("members", {})
            known = {spell(name): (name, member["shape"]) for name, member in members.items()}
            self._members[shape, sdk] = known
        return known


@cache
def sdk_service(id: str) -> Service | None:
    """Return the service that ``aws-sdk:`` Resources call *id*; None for one botocore lacks."""
    name = sdk_ids().get(id)
    return None if name is None else Service(id, _load(name))


@cache
def optimized_service(id: str) -> Service | None:
    """Return the service that optimized Resources call *id*; None for one botocore lacks."""
    names = {"states": "stepfunctions", "elasticmapreduce": "emr"}
    name = names.get(id, id)
    return Service(id, _load(name)) if name in _available() else None


@cache
def sdk_ids() -> Mapping[str, str]:
    """Return the SDK ids of all services, with botocore's names for them."""
    named = {name: id for id, name in java_names.SERVICES.items()}
    return {named.get(name, name.replace("-", "")): name for name in sorted(_available())}


def own_id(name: str) -> str:
    """Return the SDK id of a service that goes by *name* elsewhere (``events``), or nothing."""
    own = {botocore.replace("-", ""): id for id, botocore in java_names.SERVICES.items()}
    return own.get(name.lower().replace("-", ""), "")


@cache
def _available() -> frozenset[str]:
    return frozenset(_loader().list_available_services(_MODEL))


def _load(name: str) -> Mapping[str, Any]:
    model: Mapping[str, Any] = _loader().load_service_model(name, _MODEL)
    return model


@cache
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader(include_default_search_paths=False, extra_search_paths=[Loader.BUILTIN_DATA_PATH])
