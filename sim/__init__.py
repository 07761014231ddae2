"""The flight world: physics, sensors, tasks, imitation and closed-loop evaluation."""

import os

# MuJoCo reads these when it is first imported: render on the CPU or GPU without
# a display, and keep llvmpipe to one thread, one process per core.
os.environ.setdefault("MUJOCO_GL", "egl")
os.environ.setdefault("LP_NUM_THREADS", "0")
