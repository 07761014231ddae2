"""What a geom of a compiled model is in pybullet: its shape, its colour and its texture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from liquid_control.errors import ConfigError

from .engine import Engine
from .meshes import Mesh, ball, mesh_of, sheet

KIND, TEXTURE = mujoco.mjtGeom, mujoco.mjtTexture
Folder = TemporaryDirectory[str]
BALL = -1
"""Instead of the number of a mesh."""
UNSET = (0.5, 0.5, 0.5, 1.0)
"""The colour of a geom that has its material's, as MuJoCo tells it."""


class Shapes:
    """Makes shapes of the geoms of one compiled model.

    Meshes go through files: pybullet never frees those that are given to it as numbers.
    """

    def __init__(self, engine: Engine, model: mujoco.MjModel) -> None:
        self._engine, self._model = engine, model
        self._numbers = count()
        self._kept, self._passing = TemporaryDirectory(), TemporaryDirectory()
        self._files: dict[int, str] = {}

    def begin(self) -> None:
        """Begin a flight, and delete what was written for the last one alone."""
        self._passing.cleanup()
        self._passing = TemporaryDirectory()

    def solid(self, geom: int) -> int:
        """Return the shape by which a geom is touched; a mesh as its convex hull."""
        return int(self._engine.createCollisionShape(**self._shape(geom)))

    def compound(
        self, geoms: Sequence[int], places: NDArray[Any], quaternions: list[list[float]]
    ) -> int:
        """Return one shape of several geoms, each where it is in their body, (x, y, z, w)."""
        shapes = [self._shape(geom) for geom in geoms]
        blank = {"radius": 1.0, "halfExtents": [1.0] * 3, "height": 1.0, "fileName": ""}
        blank |= {"meshScale": [1.0] * 3, "planeNormal": [0.0, 0.0, 1.0]}
        lists = ("radii", "halfExtents", "lengths", "fileNames", "meshScales", "planeNormals")
        return int(
            self._engine.createCollisionShapeArray(
                shapeTypes=[shape["shapeType"] for shape in shapes],
                collisionFramePositions=places.tolist(),
                collisionFrameOrientations=quaternions,
                **{
                    several: [shape.get(one, blank[one]) for shape in shapes]
                    for several, one in zip(lists, blank, strict=True)
                },
            )
        )

    def visual(self, geom: int) -> int:
        """Return the shape by which a geom is seen, in its colour."""
        engine = self._engine
        rgba, texture = self._look(geom)
        if texture is not None and not self._is_laid(geom):
            rgba = np.append(rgba[:3] * self._pixels(texture).mean((0, 1)) / 255, rgba[3])
        if self._kind(geom) == KIND.mjGEOM_PLANE:
            shape = {"shapeType": engine.GEOM_MESH, "fileName": self._plane(geom)}
        else:
            shape = self._shape(geom)
        if "height" in shape:
            shape["length"] = shape.pop("height")
        return int(engine.createVisualShape(**shape, rgbaColor=rgba.tolist()))

    def dress(self, body: int, geom: int) -> None:
        """Give the body of a geom its texture, if there is one that can be laid on it."""
        _, texture = self._look(geom)
        if texture is not None and self._is_laid(geom):
            path = self._path(self._passing, "png")
            Image.fromarray(self._pixels(texture)).save(path)
            laid = self._engine.loadTexture(str(path))
            self._engine.changeVisualShape(body, -1, textureUniqueId=laid)

    def _shape(self, geom: int) -> dict[str, Any]:
        """Return the arguments of a collision shape."""
        engine, model = self._engine, self._model
        kind, size = self._kind(geom), model.geom_size[geom].tolist()
        if kind == KIND.mjGEOM_PLANE:
            return {"shapeType": engine.GEOM_PLANE, "planeNormal": [0.0, 0.0, 1.0]}
        if kind == KIND.mjGEOM_SPHERE:
            return {"shapeType": engine.GEOM_SPHERE, "radius": size[0]}
        if kind == KIND.mjGEOM_BOX:
            return {"shapeType": engine.GEOM_BOX, "halfExtents": size}
        if kind in (KIND.mjGEOM_CYLINDER, KIND.mjGEOM_CAPSULE):
            is_round = kind == KIND.mjGEOM_CAPSULE
            shape = engine.GEOM_CAPSULE if is_round else engine.GEOM_CYLINDER
            return {"shapeType": shape, "radius": size[0], "height": 2 * size[1]}
        if kind == KIND.mjGEOM_ELLIPSOID:
            file = self._file(BALL)
            return {"shapeType": engine.GEOM_MESH, "fileName": file, "meshScale": size}
        if kind == KIND.mjGEOM_MESH:
            file = self._file(int(model.geom_dataid[geom]))
            return {"shapeType": engine.GEOM_MESH, "fileName": file}
        name = model.body(model.body_rootid[model.geom_bodyid[geom]]).name
        raise ConfigError(
            f"the simulator bullet expected planes, boxes, balls, cylinders, capsules, "
            f"ellipsoids and meshes, found {kind.name} in '{name}'; take that scenery away"
        )

    def _kind(self, geom: int) -> mujoco.mjtGeom:
        return KIND(int(self._model.geom_type[geom]))

    def _look(self, geom: int) -> tuple[NDArray[Any], int | None]:
        """Return the colour of a geom and its texture."""
        model, material = self._model, int(self._model.geom_matid[geom])
        rgba = model.geom_rgba[geom].astype(float)
        if material < 0:
            return rgba, None
        if np.array_equal(rgba, UNSET):
            rgba = model.mat_rgba[material].astype(float)
        texture = int(model.mat_texid[material, mujoco.mjtTextureRole.mjTEXROLE_RGB])
        return rgba, texture if texture >= 0 else None

    def _is_laid(self, geom: int) -> bool:
        """Return whether the texture of a geom can be laid on it; else its mean colour serves."""
        model, (_, texture) = self._model, self._look(geom)
        if texture is None or TEXTURE(int(model.tex_type[texture])) != TEXTURE.mjTEXTURE_2D:
            return False
        kind, mesh = self._kind(geom), model.geom_dataid[geom]
        return bool(
            kind == KIND.mjGEOM_PLANE
            or (kind == KIND.mjGEOM_MESH and model.mesh_texcoordnum[mesh] > 0)
        )

    def _pixels(self, texture: int) -> NDArray[np.uint8]:
        """Return a texture, (height, width, 3)."""
        model = self._model
        wide, high = int(model.tex_width[texture]), int(model.tex_height[texture])
        channels, first = int(model.tex_nchannel[texture]), int(model.tex_adr[texture])
        pixels = model.tex_data[first : first + wide * high * channels]
        pixels = pixels.reshape(high, wide, channels)
        return np.repeat(pixels, 3, -1) if channels == 1 else np.ascontiguousarray(pixels[..., :3])

    def _plane(self, geom: int) -> str:
        """Return the file of a plane with its texture as often as this flight has it."""
        model, material = self._model, int(self._model.geom_matid[geom])
        x, y = (float(half) or model.vis.map.zfar for half in model.geom_size[geom, :2])
        across, along = (1.0, 1.0) if material < 0 else model.mat_texrepeat[material].tolist()
        if material >= 0 and model.mat_texuniform[material]:
            across, along = 2 * x * across, 2 * y * along
        return self._written(self._passing, sheet((x, y), (across, along)))

    def _file(self, mesh: int) -> str:
        """Return the file of a mesh of the model, or of a ball."""
        if mesh not in self._files:
            shape = ball() if mesh == BALL else mesh_of(self._model, mesh)
            self._files[mesh] = self._written(self._kept, shape)
        return self._files[mesh]

    def _written(self, folder: Folder, mesh: Mesh) -> str:
        path = self._path(folder, "obj")
        mesh.write(path)
        return str(path)

    def _path(self, folder: Folder, ending: str) -> Path:
        """Return a name that pybullet, which keeps what it has read, has not seen."""
        return Path(folder.name) / f"{next(self._numbers)}.{ending}"
