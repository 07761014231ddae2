"""The flight world: physics, sensors, tasks, imitation and closed-loop evaluation."""

import os

from gymnasium.envs.registration import register

# MuJoCo and Mesa read these when rendering starts: no display is needed, and
# llvmpipe keeps to one thread, one process per core. Small images are fastest
# with narrow vectors; the pixels are the same.
os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("LP_NUM_THREADS", "0")
os.environ.setdefault("LP_NATIVE_VECTOR_WIDTH", "128")

register("liquid_control_sim/FlyToTarget-v0", entry_point="liquid_control_sim.env:FlyToTargetEnv")
