"""The errors: a copy with an explanation keeps the class and the details."""

from __future__ import annotations

from sfn_release.errors import AwsError, ConfigError, SeveralError


def test_an_explained_error_keeps_its_class_and_details() -> None:
    """The original stays as it was, also for classes that take other arguments."""
    aws = AwsError("AWS refused.", why="Slow down.", aws_code="Throttled")
    several = SeveralError("Refused.", errors={"prod": ConfigError("No alias.")})
    assert (
        str(aws.explained("Later.", fix="Wait.")) == "AWS refused.\n  Slow down.\n  Later.\n  Wait."
    )
    assert aws.explained("Later.").aws_code == "Throttled"
    assert str(several.explained("Later.")) == "Refused.\n  prod: No alias.\n  Later."
    assert several.explained().errors == several.errors
    assert "Later." not in str(aws) + str(several)
