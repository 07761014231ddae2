"""Flights to record, and what the tests of recordings and replays share."""

import dataclasses
import math
import struct

import numpy as np

from liquid_control.contract import (
    TICK,
    VELOCITY,
    Event,
    Frame,
    Goal,
    ImuSample,
    Intrinsics,
    Observation,
    PolicyCard,
    Reading,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    velocity,
)
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.record.recorder import Recorder
from liquid_control.safety.faults import Fault, Problem

MS = 1_000_000


CARD = PolicyCard(
    "stub",
    {
        "image": image_input(),
        "imu": imu_input(),
        "goal": goal_input(("barrel",), ("blue",)),
        "odometry": odometry_input(),
    },
    VELOCITY,
    hidden_size=1,
)


class Stub:
    """Flies forward, always."""

    card = CARD

    def reset(self):
        pass

    def step(self, observation: Observation):
        return velocity(0.3, up_m_s=-0.1)


def flown(recorder, pilot, events):
    """Let a pilot take events, and record them."""
    pilot.reset()
    recorder.begin()
    steps = []
    for event in events:
        step = pilot.take(event)
        recorder.add(event, step)
        steps.append(step)
    return steps


def camera_flight(count=6, start_ms=50, seed=0):
    """Frames and inertial samples as a tiny policy takes them, with a lost and a late one."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        now = (start_ms + 50 * i) * MS
        gyro, acceleration = rng.normal(0, 0.1, 3), (0.0, 0.1, 9.81)
        image = rng.integers(0, 256, (64, 96, 3), np.uint8)
        yield Event(now + 1 * MS, "image", Frame(now, image))
        yield Event(now + 2 * MS, "imu", ImuSample(now, tuple(gyro), acceleration))
        if i == 3:
            yield Event(now + 900 * MS, TICK)


def exact(event):
    """Return an event as bits."""
    value = event.value
    if isinstance(value, Frame):
        value = (
            value.stamp_ns,
            value.image.tobytes(),
            value.image.shape,
            value.frame_id,
            value.intrinsics and struct.pack("4d", *dataclasses.astuple(value.intrinsics)),
        )
    elif isinstance(value, ImuSample):
        numbers = value.gyro_rad_s + value.accelerometer_m_s2
        value = (value.stamp_ns, struct.pack("6d", *numbers))
    elif isinstance(value, Reading):
        value = (value.stamp_ns, np.array(value.values).tobytes())
    return event.now_ns, event.source, type(event.value), value


EVERYTHING = [
    Event(5, TICK),
    Event(10, "imu", ImuSample(9, (0.1, -0.0, 1e-308), (math.nan, math.inf, 9.80665))),
    Event(12, "image", Frame(11, np.full((3, 5, 3), 7, np.uint8), None, "left_optical_frame")),
    Event(12, "image", Frame(12, np.arange(90, dtype=np.uint8).reshape(5, 6, 3),
                             Intrinsics(61.1, 61.2 / 3, 2.5, 1.5), "left_optical_frame")),
    Event(13, "image", Frame(13, np.zeros((2, 4, 3), np.uint8)[:, ::-1])),
    Event(14, "goal", Goal("fire barrel", "blue", "approach")),
    Event(11, "odometry", Reading(10, (0.1, 0.2, 1 / 3, -4.0, 5e300))),
    Event(16, "image", Problem(Fault.CAMERA_INVALID, "encoding 'yuv': expected rgb8")),
    Event(17, "goal", Goal("barrel", "")),
]  # fmt: skip


def recorded(tmp_path, model):
    pilot = Pilot(load_policy(model))
    recorder = Recorder(tmp_path / "two.mcap", pilot, model)
    steps = flown(recorder, pilot, camera_flight())
    steps += flown(recorder, pilot, camera_flight(seed=1))
    recorder.close()
    return recorder, steps
