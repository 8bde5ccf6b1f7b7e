"""Which services an environment has: AWS is never called in the place of an emulator."""

from __future__ import annotations

import pytest

from sfn_release.aws.clients import connect
from sfn_release.aws.service_names import SERVICE_NAMES
from sfn_release.aws.sessions import Access
from sfn_release.errors import ConfigError

LOCAL = "http://127.0.0.1:1"


@pytest.mark.parametrize("service", sorted(SERVICE_NAMES))
def test_beside_step_functions_on_this_machine_only_named_services_exist(service: str) -> None:
    """Its ARNs mean nothing to AWS, and a search of AWS would find another account's things."""
    with pytest.raises(ConfigError, match=SERVICE_NAMES[service]) as refused:
        connect(Access("eu-west-1", endpoints={"stepfunctions": LOCAL})).other(service)
    assert f'{service} = "' in refused.value.fix
    for endpoints in ({"stepfunctions": LOCAL, service: "http://[::1]:2"}, {"*": LOCAL}):
        client = connect(Access("eu-west-1", endpoints=endpoints)).other(service)
        assert client.meta.endpoint_url in {LOCAL, "http://[::1]:2"}


@pytest.mark.parametrize(
    "endpoints", [{}, {"lambda": LOCAL}, {"stepfunctions": "https://sfn.test"}]
)
def test_elsewhere_every_service_exists(endpoints: dict[str, str]) -> None:
    """A private endpoint of Step Functions is AWS too."""
    client = connect(Access("eu-west-1", endpoints=endpoints)).other("events")
    assert client.meta.endpoint_url == "https://events.eu-west-1.amazonaws.com"


def test_no_role_is_assumed_at_aws_for_an_emulator() -> None:
    """STS needs a URL as well."""
    access = Access(
        "eu-west-1",
        assume_role="arn:aws:iam::111111111111:role/deployer",
        endpoints={"stepfunctions": LOCAL},
    )
    with pytest.raises(ConfigError, match="STS"):
        connect(access).stepfunctions  # noqa: B018 - the property makes the client
