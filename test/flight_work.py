"""Work for flight processes; they import it by name, so it cannot stand in a test."""

import os
import signal
import time

from liquid_control.errors import ConfigError


def nothing():
    """Prepare nothing."""


def refuse():
    """Fail as a configuration does."""
    raise ConfigError("the world has no floor; give it one")


def slow():
    """Prepare for a long time."""
    time.sleep(60)


def double(job):
    """Do what is asked."""
    return 2 * job


def stumble(job):
    """Fail as a mistake in the code does."""
    raise ValueError(f"no fuel for {job}")


def end_by_signal(name):
    """Be killed, as by the kernel when memory runs out."""
    os.kill(os.getpid(), getattr(signal, name))
    time.sleep(10)


def leave(code):
    """End the process itself."""
    os._exit(code)
