"""Reading a Terraform state: what it has, and what it doesn't."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.deployment.sources.terraform_state import read_state
from sfn_release.errors import SfnReleaseError
from sfn_release.project.terraform_addresses import (
    ResourceAddress,
    parse_address,
    parse_attribute,
    parse_modules,
)
from support.errors import refused


def resource(type: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a resource as a state has it."""
    return {"mode": "managed", "type": type, "name": name, "instances": [*instances], **more}


def instance(key: int | str | None = None, **attributes: Any) -> dict[str, Any]:
    """Return an instance of a resource."""
    index = {} if key is None else {"index_key": key}
    return {**index, "schema_version": 0, "attributes": attributes}


STATE: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.9.5",
    "serial": 12,
    "lineage": "8f2c",
    "outputs": {
        "charge_arn": {"value": "arn:charge", "type": "string"},
        "pause": {"value": 30, "type": "number"},
        "password": {"value": "hunter2", "type": "string", "sensitive": True},
        "broken": {"type": "string"},
    },
    "resources": [
        resource("aws_lambda_function", "charge", instance(arn="arn:charge", vpc=[{"id": "v1"}])),
        resource("aws_sqs_queue", "q", instance(0, arn="q0"), instance(1, arn="q1")),
        resource(
            "aws_sqs_queue", "by", instance("eu", arn="eu"), instance('a."b', arn="odd"),
            module='module.shop["x.y"].module.queues',
        ),
        resource(
            "aws_caller_identity", "me", instance(account_id="1", tags={"a.b": 1}), mode="data"
        ),
        resource(
            "aws_db_instance",
            "db",
            instance(arn="arn:db", password="hunter2", users=[{"key": "hunter2"}], none=None)
            | {
                "sensitive_attributes": [
                    [{"type": "get_attr", "value": "password"}],
                    [
                        {"type": "get_attr", "value": "users"},
                        {"type": "index", "value": {"value": 0, "type": "number"}},
                        {"type": "get_attr", "value": "key"},
                    ],
                ]
            },
            {**instance(arn="old"), "deposed": "1a2b"},
        ),
    ],
}  # fmt: skip


def attribute(address: str, path: str, content: dict[str, Any] = STATE) -> Any:
    """Return an attribute of the state, by the texts of releases.toml."""
    state = read_state(json.dumps(content).encode(), "infra.tfstate")
    found, steps = parse_address(address), parse_attribute(path)
    assert found is not None
    assert steps is not None
    return state.attribute(found, steps)


def output(name: str) -> Any:
    """Return an output of the state."""
    return read_state(json.dumps(STATE).encode(), "infra.tfstate").output(name)


def failure(read: Callable[[], Any]) -> SfnReleaseError:
    """Return the error that *read* raises."""
    with pytest.raises(SfnReleaseError) as caught:
        read()
    return caught.value


def test_outputs_have_their_types() -> None:
    """A number stays a number."""
    assert (output("charge_arn"), output("pause")) == ("arn:charge", 30)
    assert read_state(json.dumps(STATE).encode(), "x").origin == "serial 12, lineage 8f2c"


@pytest.mark.parametrize(
    ("address", "path", "value"),
    [
        ("aws_lambda_function.charge", "arn", "arn:charge"),
        ("aws_lambda_function.charge", "vpc.0.id", "v1"),
        ("aws_lambda_function.charge", "vpc[0].id", "v1"),
        ("aws_sqs_queue.q[1]", "arn", "q1"),
        ('module.shop["x.y"].module.queues.aws_sqs_queue.by["eu"]', "arn", "eu"),
        ('module.shop["x.y"].module.queues.aws_sqs_queue.by["a.\\"b"]', "arn", "odd"),
        ("data.aws_caller_identity.me", "account_id", "1"),
        ("data.aws_caller_identity.me", 'tags["a.b"]', 1),
        ("aws_db_instance.db", "arn", "arn:db"),
    ],
)
def test_an_attribute_is_found_by_its_address(address: str, path: str, value: Any) -> None:
    """In modules, of an instance, nested; an object that waits for its deletion doesn't count."""
    assert attribute(address, path) == value


@pytest.mark.parametrize(
    ("address", "path", "words"),
    [
        ("aws_lambda_function.chrage", "arn", ['"aws_lambda_function.charge"']),
        ("data.aws_lambda_function.charge", "arn", ["no resource data.aws_lambda_function.charge"]),
        ("aws_sqs_queue.q", "arn", ["choose one", "aws_sqs_queue.q[0], aws_sqs_queue.q[1]"]),
        ("aws_sqs_queue.q[2]", "arn", ["is not an instance", "aws_sqs_queue.q[0]"]),
        ("aws_lambda_function.charge[0]", "arn", ["is not an instance"]),
        ("aws_lambda_function.charge", "anr", ['"arn"']),
        ("aws_lambda_function.charge", "vpc.1.id", ["no attribute 1", "list of 1 item"]),
        ("aws_lambda_function.charge", "arn.x", ["no attribute 'x'"]),
        ("aws_lambda_function.charge", "vpc.x", ["no attribute 'x'"]),
    ],
)
def test_a_wrong_address_names_the_nearest(address: str, path: str, words: list[str]) -> None:
    """Of resources, instances and attributes."""
    with refused("E_NOT_FOUND", "infra.tfstate", *words):
        attribute(address, path)


@pytest.mark.parametrize("path", ["password", "users", "users.0", "users.0.key"])
def test_a_sensitive_attribute_is_refused_and_not_shown(path: str) -> None:
    """Also where only a part of it is sensitive."""
    error = failure(lambda: attribute("aws_db_instance.db", path))
    assert (error.code, "is sensitive" in error.message) == ("E_CONFIG", True)
    assert "hunter2" not in str(error)


def only(name: str, value: Any, type: str = "aws_x", **more: Any) -> dict[str, Any]:
    """Return a state with one resource, which has one attribute."""
    return {"version": 4, "resources": [resource(type, "y", instance(**{name: value}) | more)]}


@pytest.mark.parametrize(
    "marks", ["word", {"word": True}, [[]], ["word"], [["word"]], [[{"value": {}}]], [[None]]]
)
def test_a_mark_of_another_shape_is_respected(marks: object) -> None:
    """Rather a refusal too many than a secret in Git."""
    error = failure(
        lambda: attribute("aws_x.y", "word", only("word", "hunter2", sensitive_attributes=marks))
    )
    assert ("is sensitive" in error.message, "hunter2" in str(error)) == (True, False)


@pytest.mark.parametrize("marks", [None, [], [[{"type": "get_attr", "value": "other"}]]])
def test_an_attribute_without_its_mark_is_read(marks: object) -> None:
    """Others may be sensitive."""
    content = only("word", "orders", sensitive_attributes=marks)
    assert attribute("aws_x.y", "word", content) == "orders"


@pytest.mark.parametrize(
    ("type", "name", "value"),
    [
        ("aws_db_instance", "password", "hunter2"),
        ("aws_redshift_cluster", "master_password", "hunter2"),
        ("aws_iam_access_key", "secret", "hunter2"),
        ("aws_iam_access_key", "ses_smtp_password_v4", "hunter2"),
        ("tls_private_key", "private_key_pem", "hunter2"),
        ("aws_secretsmanager_secret_version", "secret_string", "hunter2"),
        ("random_password", "result", "hunter2"),
        ("aws_mq_broker", "user", [{"username": "ann", "password": "hunter2"}]),
    ],
)
def test_a_secret_that_older_states_do_not_mark_is_refused(
    type: str, name: str, value: object
) -> None:
    """By the name of its attribute, also inside a block."""
    error = failure(lambda: attribute(f"{type}.y", name, only(name, value, type)))
    assert ("is a secret by its name" in error.message, "hunter2" in str(error)) == (True, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", ""),
        ("secret", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:db"),
        ("secret_arn", "shop/db"),
        ("password_length", 16),
        ("token_endpoint", "https://example.com"),
        ("result", "orders"),
    ],
)
def test_a_name_near_a_secret_is_read(name: str, value: object) -> None:
    """An ARN, a number, an empty text."""
    assert attribute("aws_x.y", name, only(name, value)) == value


def test_a_sensitive_output_is_refused_and_not_shown() -> None:
    """Values of parameters are recorded in Git."""
    error = failure(lambda: output("password"))
    assert error.message == "The output password of infra.tfstate is sensitive."
    assert "hunter2" not in str(error)


def test_a_missing_output_names_the_nearest() -> None:
    """And an output without a value is damage."""
    with refused("E_NOT_FOUND", "no output 'charge-arn'", '"charge_arn"'):
        output("charge-arn")
    with refused("E_CONFIG", "damaged"):
        output("broken")


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "E_NOT_FOUND", "is empty"),
        (b" \n", "E_NOT_FOUND", "is empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "E_CONFIG", "HTML"),
        (b"\x1f\x8b\x08\x00\xff\xfe", "E_CONFIG", "binary"),
        (b"{", "E_CONFIG", "not JSON"),
        (b'{"version": 4, "secret": hunter2}', "E_CONFIG", "not JSON"),
        (b"[1]", "E_CONFIG", "list"),
        (b'"a"', "E_CONFIG", "simple value"),
        (b"{}", "E_CONFIG", "no `version`"),
        (b'{"version": true}', "E_CONFIG", "no `version`"),
        (b'{"version": 3, "modules": []}', "E_CONFIG", "Terraform 0.11"),
        (b'{"version": 5}', "E_CONFIG", "newer"),
        (b'{"meta": {}, "encrypted_data": "x"}', "E_CONFIG", "OpenTofu"),
        (b'{"format_version": "1.0", "values": {}}', "E_CONFIG", "terraform show"),
        (b"version https://git-lfs.github.com/spec/v1\n", "E_CONFIG", "Git LFS"),
        (b"[" * 200_000, "E_CONFIG", "nested too deeply"),
        (b'{"version": 4, "serial": ' + b"9" * 5000 + b"}", "E_CONFIG", "number"),
    ],
)  # fmt: skip
def test_anything_else_is_named_without_its_content(data: bytes, code: str, words: str) -> None:
    """A state may hold secrets, so that no part of it is shown."""
    error = failure(lambda: read_state(data, "infra.tfstate"))
    assert (error.code, words in str(error), "hunter2" in str(error)) == (code, True, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(
    outputs=JSON,
    resources=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "mode": st.sampled_from(["managed", "data"]) | JSON,
                "type": st.just("aws_x") | JSON,
                "name": st.just("y") | JSON,
                "module": st.just("module.a") | JSON,
                "instances": st.lists(
                    st.fixed_dictionaries(
                        {}, optional={"attributes": JSON, "index_key": st.just(0) | JSON}
                    )
                    | JSON
                )
                | JSON,
            },
        )
        | JSON
    )
    | JSON,
)
def test_any_json_ends_in_a_value_or_an_error(outputs: Any, resources: Any) -> None:
    """Never in a traceback."""
    content = {"version": 4, "outputs": outputs, "resources": resources}
    state = read_state(json.dumps(content).encode(), "x")
    with suppress(SfnReleaseError):
        state.output("a")
    with suppress(SfnReleaseError):
        state.attribute(ResourceAddress((), "managed", "aws_x", "y"), ("a", 0))


# Addresses

KEYS = (
    st.none()
    | st.integers(0, 99)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{"))  # ${ is escaped
)
NAMES = st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"module", "data"}
)


@given(
    st.builds(
        ResourceAddress,
        st.lists(st.tuples(NAMES, KEYS), max_size=2).map(tuple),
        st.sampled_from(["managed", "data"]),
        NAMES,
        NAMES,
        KEYS,
    )
)
def test_an_address_is_read_as_it_is_shown(address: ResourceAddress) -> None:
    """Keys may have any character, also those that separate the parts of an address."""
    if any(
        "${" in str(key) or "%{" in str(key)
        for _, key in [*address.modules, ("", address.instance)]
    ):
        return  # which Terraform writes with another escape
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "aws_x", "a.b.c", "a..b", ".a.b", "a.b.", "a.b[", "a.b[x]", 'a.b["x]', "module.a"),
        *("a.b[0][1]", "a b.c", "data.a", "[0].a.b", "module[0].a.b", "a.0", "a.b[0]c"),
        'a.b["\\x"]',
    ],
)
def test_any_other_text_is_no_address(text: str) -> None:
    """Half an address either."""
    assert parse_address(text) is None


@pytest.mark.parametrize("text", ["", "aws_x.y", "module.a.b", "module"])
def test_any_other_text_is_no_module(text: str) -> None:
    """A state names modules only."""
    assert parse_modules(text) is None
