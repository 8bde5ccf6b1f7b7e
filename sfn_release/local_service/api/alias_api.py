"""Aliases: names that route executions to one or two versions of a state machine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_errors, pagination
from sfn_release.local_service.api.arns import MachineArn, machine_arn
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries

_ALL = 100  # percent
_MOST = 100  # AWS: "Quotas", aliases per state machine


def create(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """CreateStateMachineAlias: idempotent over name, description and routing."""
    name, description = request["name"], request.get("description")
    arn, routes = _routes(request["routingConfiguration"])
    with context.store.writing() as db:
        machine = _machine(db, context, arn)
        _check_versions(db, machine, arn, routes)
        found = queries.alias(db, machine, name)
        if found is None:
            if len(queries.aliases(db, machine)) >= _MOST:
                raise api_errors.quota("aliases", _MOST)
            created = context.now()
            db.execute(
                "INSERT INTO aliases (machine, name, description, routing, created, updated)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (machine, name, description, json.dumps(routes), created, created),
            )
        elif (found["description"], queries.routing(found)) == (description, routes):
            created = found["created"]
        else:
            raise api_errors.conflict(
                "Failed to create alias because an alias with the same name and a different"
                " routing configuration already exists."
            )
    return {"stateMachineAliasArn": f"{arn.machine}:{name}", "creationDate": created}


def update(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateStateMachineAlias: a description, a routing, or both."""
    arn = _alias_arn(request["stateMachineAliasArn"])
    description, configuration = request.get("description"), request.get("routingConfiguration")
    if description is None and configuration is None:
        raise api_errors.validation(
            "Either the description or the routing configuration must be specified"
        )
    with context.store.writing() as db:
        machine, found = _alias(db, context, arn)
        routes = queries.routing(found)
        if configuration is not None:
            target, routes = _routes(configuration)
            if target.machine != arn.machine:
                raise api_errors.validation(
                    "Routing configuration must contain versions of the alias's state machine."
                    f" Received: [{', '.join(_arns(configuration))}]"
                )
            _check_versions(db, machine, arn, routes)
        now = context.now()
        db.execute(
            "UPDATE aliases SET description = ?, routing = ?, updated = ?"
            " WHERE machine = ? AND name = ?",
            (
                found["description"] if description is None else description,
                json.dumps(routes),
                now,
                machine,
                arn.alias,
            ),
        )
    return {"updateDate": now}


def describe(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeStateMachineAlias."""
    arn = _alias_arn(request["stateMachineAliasArn"])
    with context.store.reading() as db:
        _, found = _alias(db, context, arn)
    described = {
        "stateMachineAliasArn": arn.text,
        "name": found["name"],
        "routingConfiguration": [
            {"stateMachineVersionArn": f"{arn.machine}:{number}", "weight": weight}
            for number, weight in queries.routing(found)
        ],
        "creationDate": found["created"],
        "updateDate": found["updated"],
    }
    if found["description"] is not None:
        described["description"] = found["description"]
    return described


def delete(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteStateMachineAlias: succeeds for an absent alias too."""
    arn = _alias_arn(request["stateMachineAliasArn"])
    with context.store.writing() as db:
        machine = queries.find_machine(db, context, arn)
        if machine is not None:
            db.execute(
                "DELETE FROM aliases WHERE machine = ? AND name = ?", (machine["id"], arn.alias)
            )
    return {}


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListStateMachineAliases: the aliases of a state machine, or of one version.

    Ordered by name, as recorded on AWS. The documentation says newest first.
    """
    arn = machine_arn(request["stateMachineArn"])
    if arn.alias is not None:
        raise api_errors.invalid_arn(f"Not a state machine or version ARN: {arn.text}")
    with context.store.reading() as db:
        machine = queries.machine(db, context, arn)["id"]
        if arn.version is not None and queries.version(db, machine, arn.version) is None:
            raise api_errors.no_resource(arn.text)

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            rows = db.execute(
                "SELECT * FROM aliases WHERE machine = ? AND name > ? ORDER BY name",
                (machine, after or ""),
            ).fetchall()
            wanted = [
                row
                for row in rows
                if arn.version is None or arn.version in dict(queries.routing(row))
            ]
            return wanted[:count]

        rows, token = pagination.page(
            request, listing=f"aliases {arn.text}", fetch=fetch, position=lambda row: row["name"]
        )
    items = [
        {"stateMachineAliasArn": f"{arn.machine}:{row['name']}", "creationDate": row["created"]}
        for row in rows
    ]
    return pagination.answer("stateMachineAliases", items, token)


def _alias_arn(text: str) -> MachineArn:
    arn = machine_arn(text)
    if arn.alias is None:
        raise api_errors.invalid_arn(f"Not a state machine alias ARN: {text}")
    return arn


def _alias(
    db: sqlite3.Connection, context: RequestContext, arn: MachineArn
) -> tuple[int, sqlite3.Row]:
    machine = queries.find_machine(db, context, arn)
    found = queries.alias(db, machine["id"], arn.qualifier) if machine is not None else None
    if machine is None or found is None:
        raise api_errors.no_referenced_resource()
    return machine["id"], found


def _machine(db: sqlite3.Connection, context: RequestContext, arn: MachineArn) -> int:
    machine = queries.find_machine(db, context, arn)
    if machine is None:
        raise api_errors.no_resource(arn.text)
    key: int = machine["id"]
    return key


def _arns(configuration: list[Mapping[str, Any]]) -> list[str]:
    return [route["stateMachineVersionArn"] for route in configuration]


def _routes(configuration: list[Mapping[str, Any]]) -> tuple[MachineArn, list[list[int]]]:
    """Return an ARN of the machine and the routes as ``[[version number, weight], ...]``.

    Raises InvalidArn, and ValidationException for an invalid routing.
    """
    received = f"Received: [{', '.join(_arns(configuration))}]"
    arns = [machine_arn(text) for text in _arns(configuration)]
    if any(arn.version is None for arn in arns):
        raise api_errors.validation(
            f"Routing configuration must contain state machine version ARNs. {received}"
        )
    if len({arn.machine for arn in arns}) > 1:
        raise api_errors.validation(
            f"Routing configuration must contain versions of one state machine. {received}"
        )
    if len({arn.version for arn in arns}) < len(arns):
        raise api_errors.validation(
            f"Routing configuration must contain distinct state machine version ARNs. {received}"
        )
    weights = [int(route["weight"]) for route in configuration]
    if sum(weights) != _ALL:
        raise api_errors.validation(
            f"Sum of routing configuration weights must equal 100. Received: {json.dumps(weights)}"
        )
    return arns[0], [[arn.version or 0, weight] for arn, weight in zip(arns, weights, strict=True)]


def _check_versions(
    db: sqlite3.Connection, machine: int, arn: MachineArn, routes: list[list[int]]
) -> None:
    for number, _ in routes:
        if queries.version(db, machine, number) is None:
            raise api_errors.no_resource(f"{arn.machine}:{number}")
