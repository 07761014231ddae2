"""An RGB camera: its lens, its mount, its noise and the frames that go black."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import msgspec
import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import (
    Count,
    Frame,
    Image,
    InputCard,
    Intrinsics,
    NotNegative,
    Positive,
    Range,
    Record,
    Share,
    image_input,
)
from liquid_control.errors import ConfigError

from ..layout import Layout
from ..vehicles import Body
from . import Probe, Sensor
from .lens import Fault, Lens


class Blackout(Record, frozen=True):
    """In a share of the flights some frames of every period are black, from a random one on."""

    share: Share = 0.0
    black_frames: tuple[int, int] = (10, 10)
    period_frames: Count = 24

    def __post_init__(self) -> None:
        if not 0 <= min(self.black_frames) <= max(self.black_frames) <= self.period_frames:
            raise ValueError(
                f"expected black_frames from 0 to period_frames ({self.period_frames}), "
                f"found {list(self.black_frames)}"
            )


class Camera(Sensor, frozen=True):
    """A camera of the vehicle's model.

    Attributes:
        camera: its name in the model.
        width: pixels of the image that a policy gets.
        height: likewise.
        horizontal_fov_deg: field of view of the image that a policy gets.
        lens_fov_deg: field of view of the lens, drawn per flight; the pilot cuts the policy's
            view out of it by the frame's intrinsics. None for a lens that fits the policy.
        oversampling: pixels rendered for each pixel of the policy's image along each side.
        noise: standard deviation of the pixels, of 255; one strength a flight.
        tilt_deg: how far off its mount it may sit, about each axis.
        blackout: frames that arrive black.
        lens: faults of colours, light and sharpness.
    """

    kind: ClassVar[str] = "image"

    delay_s: Range = (0.0, 0.02)
    camera: str = "front"
    width: Count = 96
    height: Count = 64
    horizontal_fov_deg: Positive = 80.0
    lens_fov_deg: Range | None = None
    oversampling: Count = 1
    noise: Range = (1.0, 5.0)
    tilt_deg: NotNegative = 2.0
    blackout: Blackout = Blackout()
    lens: Lens = Lens()

    def __post_init__(self) -> None:
        widest = max(self.lens_fov_deg or (), default=self.horizontal_fov_deg)
        if max(widest, self.horizontal_fov_deg) >= 180.0:
            raise ValueError("expected a field of view below 180 degrees")

    def input(self) -> InputCard:
        """Return the card of the image that a policy gets."""
        return image_input(self.height, self.width, self.horizontal_fov_deg)

    def fitted(self, card: InputCard) -> Camera:
        """Return the camera with the size and the field of view of a policy's image."""
        height, width, _ = card.shape
        fov_deg = float(card.settings["horizontal_fov_deg"])
        return msgspec.structs.replace(
            self, height=height, width=width, horizontal_fov_deg=fov_deg
        )

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Check that the vehicle has the camera."""
        if spec.camera(self.camera) is None:
            has = ", ".join(camera.name for camera in spec.cameras)
            raise ConfigError(
                f"sensors.{key}: the vehicle's model has no camera '{self.camera}'; it has {has}"
            )

    def open(
        self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str
    ) -> CameraProbe:
        """Return the camera in a compiled model, with a graphics context of its own."""
        return CameraProbe(self, model, data, body)

    def structure(self) -> Any:
        """Return the size of the picture and where it is taken."""
        return type(self), self.camera, self.width, self.height, self.oversampling


class CameraProbe(Probe):
    """One camera of a compiled model, rendered when it measures."""

    def __init__(
        self, sensor: Camera, model: mujoco.MjModel, data: mujoco.MjData, body: Body
    ) -> None:
        self._model, self._data = model, data
        self._width = sensor.width * sensor.oversampling
        self._height = sensor.height * sensor.oversampling
        self._painter = body.painter(model, sensor.camera, self._width, self._height)
        self._camera = model.camera(sensor.camera).id
        self._mounted = model.cam_quat[self._camera].copy()

    def begin(self, sensor: Camera, layout: Layout, rng: Generator) -> None:
        """Draw lens, mount, noise, black frames and the lens's faults."""
        self._aim(sensor, rng)
        self._noise = Noise(sensor.noise, self._width * self._height * 3, rng)
        blackout = sensor.blackout
        happens = rng.random() < blackout.share
        black = int(rng.integers(*blackout.black_frames, endpoint=True))
        self._black, self._period = black * happens, blackout.period_frames
        self._first = int(rng.integers(self._period))
        # A stream of its own, so that a lens without faults leaves the noise as it is.
        self._fault = Fault(sensor.lens, self._height, self._width, rng.spawn(1)[0])
        self._taken = 0

    def measure(self, stamp_ns: int) -> Frame:
        """Return a frame of the present."""
        dark = (self._taken + self._first) % self._period < self._black
        self._taken += 1
        if dark:
            image: Image = np.zeros((self._height, self._width, 3), np.uint8)
        else:
            image = self._fault.before_noise(self._painter.render(self._data))
            image = self._fault.after_noise(self._noise(image))
        return Frame(stamp_ns, image, self._intrinsics, "camera_optical_frame")

    def close(self) -> None:
        """Free the graphics context."""
        self._painter.close()

    def _aim(self, sensor: Camera, rng: Generator) -> None:
        """Set the field of view, and tilt the camera as an imperfect mount would."""
        lens = sensor.lens_fov_deg or (sensor.horizontal_fov_deg,) * 2
        half = math.tan(math.radians(rng.uniform(*lens)) / 2)
        fovy = 2 * math.atan(half * self._height / self._width)
        self._model.cam_fovy[self._camera] = math.degrees(fovy)
        focal = self._width / 2 / half
        self._intrinsics = Intrinsics(focal, focal, self._width / 2, self._height / 2)
        tilt = math.radians(sensor.tilt_deg) * rng.uniform(-1, 1, 2)
        turn = np.array([1.0, tilt[0] / 2, tilt[1] / 2, 0.0])
        quat = np.empty(4)
        mujoco.mju_mulQuat(quat, self._mounted, turn / np.linalg.norm(turn))
        self._model.cam_quat[self._camera] = quat


class Noise:
    """Gaussian pixel noise at one standard deviation a flight, from a bank drawn once."""

    def __init__(self, strength: Range, size: int, rng: Generator) -> None:
        self._rng = rng
        std = rng.uniform(*strength)
        self._bank = (std * rng.standard_normal(2 * size, np.float32)).round().astype(np.int16)
        self._sum = np.empty(size, np.int16)

    def __call__(self, image: Image) -> Image:
        """Return the image with noise added, clipped to 0..255."""
        start = int(self._rng.integers(0, self._bank.size - image.size))
        spoiled = self._sum
        np.add(image.reshape(-1), self._bank[start : start + image.size], out=spoiled)
        np.minimum(np.maximum(spoiled, 0, out=spoiled), 255, out=spoiled)
        return spoiled.astype(np.uint8).reshape(image.shape)
