"""The simulated world: vehicles, sensors, scenery, tasks, learning and closed-loop evaluation."""

import os
from importlib.util import find_spec

# MuJoCo and Mesa read these when rendering starts: no display is needed, and
# llvmpipe keeps to one thread, one process per core. Small images are fastest
# with narrow vectors; the pixels are the same.
os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("LP_NUM_THREADS", "0")
os.environ.setdefault("LP_NATIVE_VECTOR_WIDTH", "128")


def register_tasks() -> None:
    """Make every task a Gymnasium environment: fly_to_target is FlyToTarget-v0."""
    from gymnasium.envs.registration import register, registry

    from .tasks import TASKS

    for name in TASKS.names():
        title = "".join(word.capitalize() for word in name.split("_"))
        environment = f"{__name__}/{title}-v0"
        if environment not in registry:
            register(environment, entry_point=f"{__name__}.env:TaskEnv", kwargs={"task": name})


if find_spec("gymnasium") is not None:  # a robot's machine flies in the world without it
    register_tasks()
