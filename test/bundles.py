"""What the tests of policy files share."""

from pathlib import Path

import pytest

from liquid_control.errors import BundleError
from liquid_control.policy import verify


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def refusal(path: Path, act=verify) -> str:
    """Return the message of the refusal, checked for what every message must have."""
    with pytest.raises(BundleError) as caught:
        act(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert "expected" in message and "found" in message
    return message
