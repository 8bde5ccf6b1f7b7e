"""Links into the AWS console, as the documentation page prints them."""

from __future__ import annotations

_EXECUTION_PARTS = 8  # arn:aws:states:region:account:execution:machine:name
_HOSTS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def visual_editor_url(arn: str) -> str:
    """Return the visual editor of the state machine *arn*."""
    return f"{_home(arn)}#/visual-editor?stateMachineArn={arn}"


def state_machine_url(arn: str) -> str:
    """Return the page of the state machine *arn*."""
    return f"{_home(arn)}#/statemachines/view/{arn}"


def execution_url(arn: str, execution_arn: str) -> str:
    """Return the page of an execution of the state machine *arn*.

    The link has the form of a STANDARD execution's ARN, for EXPRESS executions too, and ends in the
    last part of *execution_arn*. The documentation page prints it like this.
    """
    owner = arn.replace(":stateMachine:", ":execution:")
    return f"{_home(arn)}#/executions/details/{owner}:{execution_arn.rpartition(':')[2]}"


def execution_page(execution_arn: str) -> str | None:
    """Return the page of an execution; None for an ARN of another form.

    An execution of an EXPRESS workflow has its page only with its log group, which isn't known.
    """
    parts = execution_arn.split(":")
    if len(parts) != _EXECUTION_PARTS or parts[5] != "execution":
        return None
    return f"{_home(execution_arn)}#/v2/executions/details/{execution_arn}"


def console_address(region: str, partition: str = "") -> str:
    """Return the address of the console in a region. Without a *partition*, its region says it.

    >>> console_address("cn-north-1")
    'https://cn-north-1.console.amazonaws.cn'
    """
    partition = partition or next(
        (f"aws-{word}" for word in ("cn", "us-gov") if region.startswith(f"{word}-")), "aws"
    )
    return f"https://{region}.{_HOSTS.get(partition, 'console.aws.amazon.com')}"


def _home(arn: str) -> str:
    _, partition, _, region, *_ = arn.split(":")
    return f"{console_address(region, partition)}/states/home?region={region}"
