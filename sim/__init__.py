"""The flight world: physics, sensors, tasks, imitation and closed-loop evaluation."""

import os

from gymnasium.envs.registration import register

# MuJoCo reads these when it is first imported: render on the CPU or GPU without
# a display, and keep llvmpipe to one thread, one process per core.
os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("LP_NUM_THREADS", "0")

register("liquid_control_sim/FlyToTarget-v0", entry_point="liquid_control_sim.env:FlyToTargetEnv")
