"""Where torch computes: the CPU, or a GPU that is really there."""

from __future__ import annotations

import torch

from ..errors import ConfigError

DEVICES = ("cpu", "cuda")


def find_device(name: str) -> torch.device:
    """Return the device of that name; never another one.

    Raises:
        ConfigError: no device has that name, or torch does not see it.
    """
    if name not in DEVICES:
        raise ConfigError(f"no device is called {name!r}; choose one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            f"device 'cuda' was asked for, but torch {torch.__version__} sees no GPU; "
            "install a build of torch with CUDA and its driver, or ask for 'cpu'"
        )
    return torch.device(name)
