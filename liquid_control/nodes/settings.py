"""The parameters of ``policy_node``; those of inputs, platform and limits join at configure."""

from __future__ import annotations

from dataclasses import fields

from ..contract import CommandCard
from ..parameters import Setting
from ..safety.limits import OPERATOR_RATE, OPERATOR_TOP
from ..safety.settings import LEAST, MOST, SafetySettings

MODEL = Setting("model", "", "policy file, .onnx")
PROVIDER = Setting("provider", "cpu", "what runs the network: auto, cpu, cuda or tensorrt")
THREADS = Setting("threads", 1, "CPU threads of one step", 1, 64)
PLATFORM = Setting("platform", "twist", "where commands go: a platform's name, or file.py:Class")
FRAME_ID = Setting("frame_id", "base_link", "frame of the command's header")
RECORD = Setting("record", "", "write what the pilot takes: FILE.mcap, or a folder")
SHOW = Setting("show", "", "thoughts to publish, such as neurons,reasons,saliency")
LOCKSTEP = Setting("lockstep", False, "take a simulator's events in its order and on its clock")
AUTOSTART = Setting("autostart", False, "configure and activate at once, or exit with 1")

_TEXTS = {
    "camera_timeout_s": "newest frame older than this: brake",
    "frozen_after_s": "a sensor's values unchanged for this long: brake",
    "imu_timeout_s": "newest IMU sample this much older than the frame: brake",
    "wait_s": "how long a frame waits for the IMU samples up to it",
    "future_s": "how far ahead of the clock a stamp may be",
    "stuck_after_s": "the policy's command unchanged to the last bit for this long: brake",
    "hung_after_s": "the pilot's process has not run for this long: brake, from rest",
    "out_of_domain_after_s": "pictures unlike training's for this long: brake; 0 only warns",
    "person_timeout_s": "sticks that are held are silent for this long: brake",
    "place_timeout_s": "the odometry that the fence needs is silent for this long: brake",
    "failsafe_after_s": "braking for this long: fall silent until the next activation",
    "max_slew_dt_s": "longest time that one slew step may count",
}
SAFETY = [
    Setting(f.name, float(f.default), _TEXTS[f.name], f.metadata[LEAST], f.metadata[MOST])  # type: ignore[arg-type]
    for f in fields(SafetySettings)
]
NODE = [
    MODEL,
    PROVIDER,
    THREADS,
    PLATFORM,
    FRAME_ID,
    RECORD,
    SHOW,
    LOCKSTEP,
    AUTOSTART,
    *SAFETY,
]
HIGHEST = 1000.0


def limits_of(card: CommandCard) -> list[Setting]:
    """Return the operator's limit of each field of a policy's command, from rest."""
    return [
        Setting(
            f"limits.{f.name}",
            min(f.scale, OPERATOR_TOP.get(f.name, f.scale)),
            f"{f.name} goes at most this far from rest; the policy's own limit is {f.scale:g}",
            0.0,
            HIGHEST,
        )
        for f in card.fields
    ]


def rates_of(card: CommandCard) -> list[Setting]:
    """Return the operator's limit of how fast each field changes, a second."""
    return [
        Setting(
            f"rates.{f.name}",
            min(f.rate, OPERATOR_RATE.get(f.name, f.rate)),
            f"{f.name} changes at most this fast, a second; the policy's own limit is {f.rate:g}",
            1e-3,
            HIGHEST,
        )
        for f in card.fields
    ]
