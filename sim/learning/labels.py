"""What a picture shows, cell by cell: only training knows, from the simulator's own geometry."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import InputCard

from ..renderer import Renderer
from ..scenery._thing import Thing
from ..vehicles import Vector
from ..world import World

CELL = 4
"""Pixels along each side of a cell."""
LABELLED = 4
"""The geom group that only labels see, such as the opening of a gate."""
NEAREST_M = 0.4
FARTHEST_M = 40.0
LOW_M, ABOVE_M = 0.2, 0.6
"""An obstacle counts from this height up to so far above who flies, or above where it would."""
USUAL_M = 1.2


def label_dtype(card: InputCard) -> np.dtype[np.void]:
    """Return what the labels of one picture are: kinds, colours, distances, obstacles, height."""
    rows, columns = card.shape[0] // CELL, card.shape[1] // CELL
    return np.dtype(
        [
            ("kinds", "uint8", (rows, columns)),
            ("colours", "uint8", (rows, columns)),
            ("distances", "float32", (rows, columns)),
            ("obstacles", "float32", columns),
            ("height", "float32"),
        ]
    )


class Labeller:
    """Labels what the camera of a world's vehicle sees.

    Args:
        world: flown or stood in; its model is kept for as long as this is used.
        card: of the image.
        goal: of the orders, whose words number kinds and colours from 1.
        camera: its name in the model.
    """

    def __init__(
        self, world: World, card: InputCard, goal: InputCard, camera: str = "front"
    ) -> None:
        self._world, self._goal = world, goal
        self._height, self._width = card.shape[:2]
        self._dtype = label_dtype(card)
        self._eye = _Segmenter(world.model, camera, self._width, self._height)
        self._camera = world.model.camera(camera).id
        self._fov_deg = float(card.settings["horizontal_fov_deg"])
        half = np.tan(np.radians(self._fov_deg) / 2)
        self._fovy_deg = float(np.degrees(2 * np.arctan(half * self._height / self._width)))
        x = (2 * np.arange(self._width) + 1 - self._width) / self._width * half
        y = (self._height - 1 - 2 * np.arange(self._height)) / self._width * half
        self._rays = np.stack(
            [*np.meshgrid(x, y), -np.ones((self._height, self._width))], -1, dtype=np.float32
        )

    def begin(self) -> None:
        """Learn what stands in the flight that the world was reset to."""
        model, world = self._world.model, self._world
        self._kind = np.zeros(model.ngeom + 1, np.uint8)
        self._colour = np.zeros(model.ngeom + 1, np.uint8)
        self._solid = np.append(model.geom_contype > 0, False)
        self._solid[:-1] &= model.geom_type != mujoco.mjtGeom.mjGEOM_PLANE
        for key, part in world.settings.scenery.items():
            if isinstance(part, Thing):
                self._number(key, part, world.episode.drawn[key])

    def label(self) -> Any:
        """Return the labels of the present as one record of ``label_dtype``."""
        geoms, depth_m = self._segment()
        record = np.zeros((), self._dtype)
        kinds, colours = self._kind[geoms], self._colour[geoms]
        position, turn = self._pose()
        reach = self._rays @ turn.T * depth_m[..., None]
        flat_m = np.hypot(reach[..., 0], reach[..., 1])
        cells = _cells(kinds * 16 + colours), _cells(flat_m)
        record["kinds"], record["colours"], record["distances"] = _fullest(*cells)
        height_m = position[2] + reach[..., 2]
        top_m = max(position[2], USUAL_M) + ABOVE_M
        counts = self._solid[geoms] & (height_m > LOW_M) & (height_m < top_m)
        near = np.where(counts, 1.0 / np.maximum(flat_m, NEAREST_M), 0.0)
        record["obstacles"] = near.max(0).reshape(-1, CELL).max(1)
        record["height"] = np.log(max(position[2], 0.05))
        return record

    def close(self) -> None:
        """Free the graphics context."""
        self._eye.close()

    def _number(self, key: str, part: Thing, drawn: Any) -> None:
        model, words = self._world.model, self._goal.settings
        name = type(part).__module__.rpartition(".")[2]
        if name not in words["kinds"]:
            return
        for stood in drawn:
            body = model.body(part.name_of(key, stood.body))
            geoms = slice(body.geomadr[0], body.geomadr[0] + body.geomnum[0])
            self._kind[geoms] = words["kinds"].index(name) + 1
            self._colour[geoms] = words["colours"].index(stood.place.colour or part.colour) + 1

    def _segment(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        model = self._world.model
        kept = float(model.cam_fovy[self._camera])
        model.cam_fovy[self._camera] = self._fovy_deg
        try:
            return self._eye.segment(self._world.data)
        finally:
            model.cam_fovy[self._camera] = kept

    def _pose(self) -> tuple[Vector, NDArray[np.float32]]:
        data = self._world.data
        x, y, z = data.cam_xpos[self._camera].tolist()
        return (x, y, z), data.cam_xmat[self._camera].reshape(3, 3).astype(np.float32)


class _Segmenter(Renderer):
    """Renders which geom every pixel shows, and how far it is."""

    def segment(self, data: mujoco.MjData) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return (height, width) geom ids, -1 for the sky, and distances along the view, m."""
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = 1
        self._scene.flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = 1
        self._option.geomgroup[LABELLED] = 1
        depth = self._depth
        pixels = self._shoot(data, depth).astype(np.int32)
        ids = pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2] - 1
        shown = self._scene.geoms[: self._scene.ngeom]
        is_geom = int(mujoco.mjtObj.mjOBJ_GEOM)
        geoms = [g.objid if g.objtype == is_geom else -1 for g in shown]
        table = np.array([*geoms, -1], np.int32)
        extent, limits = self._model.stat.extent, self._model.vis.map
        near, far = limits.znear * extent, limits.zfar * extent
        distance = near / (1.0 - depth[::-1] * (1.0 - near / far))
        return table[np.clip(ids, -1, len(geoms))], np.minimum(distance, FARTHEST_M)


def _cells(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return (rows, columns, pixels of the cell) of a picture."""
    height, width = pixels.shape
    blocks = pixels.reshape(height // CELL, CELL, width // CELL, CELL)
    return blocks.transpose(0, 2, 1, 3).reshape(height // CELL, width // CELL, CELL * CELL)


def _fullest(
    things: NDArray[np.uint8], flat_m: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    """Return kind, colour and log distance of the nearest thing in every cell; 0 where is none."""
    far = np.where(things > 0, flat_m, np.inf)
    nearest = far.argmin(-1)[..., None]
    thing = np.take_along_axis(things, nearest, -1)[..., 0]
    distance = np.take_along_axis(far, nearest, -1)[..., 0]
    enough = np.count_nonzero(things, axis=-1) >= 2
    thing = np.where(enough, thing, 0)
    distance = np.log(np.clip(np.where(thing > 0, distance, 1.0), NEAREST_M, FARTHEST_M))
    return thing // 16, thing % 16, distance.astype(np.float32)
