"""Meshes of what a compiled model draws, and the files in which pybullet takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

RINGS, SIDES = 8, 12


@dataclass(frozen=True)
class Mesh:
    """Triangles with their normals.

    Attributes:
        points: (points, 3), metres.
        normals: (normals, 3).
        coordinates: (coordinates, 2) of a texture, in its widths and heights; maybe none.
        corners: (triangles, 3, 3) int: of each corner its point, its normal and its coordinate.
    """

    points: NDArray[Any]
    normals: NDArray[Any]
    coordinates: NDArray[Any]
    corners: NDArray[Any]

    def write(self, path: Path) -> None:
        """Write it as Wavefront OBJ."""
        lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in self.points]
        lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in self.normals]
        lines += [f"vt {u:.6f} {v:.6f}" for u, v in self.coordinates]
        form = "{0}/{2}/{1}" if len(self.coordinates) else "{0}//{1}"
        words = [form.format(*corner) for corner in (self.corners + 1).reshape(-1, 3).tolist()]
        lines += [f"f {' '.join(words[i : i + 3])}" for i in range(0, len(words), 3)]
        path.write_text("\n".join(lines) + "\n")


def ball() -> Mesh:
    """Return a ball of radius 1."""
    down = np.linspace(0.0, np.pi, RINGS + 1)[:, None]
    around = np.linspace(0.0, 2 * np.pi, SIDES, endpoint=False)
    x, y = np.sin(down) * np.cos(around), np.sin(down) * np.sin(around)
    points = np.stack([x, y, np.cos(down) + 0 * around], -1).reshape(-1, 3)
    ring, side = np.indices((RINGS, SIDES)).reshape(2, -1)
    a, b = SIDES * ring + side, SIDES * ring + (side + 1) % SIDES
    faces = np.concatenate(
        [np.stack(f, 1) for f in ((a, a + SIDES, b), (b, a + SIDES, b + SIDES))]
    )
    return Mesh(points, points, np.empty((0, 2)), np.stack([faces] * 3, -1))


def sheet(half_m: tuple[float, float], repeat: tuple[float, float]) -> Mesh:
    """Return a rectangle that is seen from above, with a texture several times on it."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    faces = np.array([(0, 1, 2), (0, 2, 3)])
    return Mesh(
        np.column_stack([corners * half_m, np.zeros(4)]),
        np.array([(0.0, 0.0, 1.0)]),
        (corners + 1) / 2 * repeat,
        np.stack([faces, 0 * faces, faces], -1),
    )


def mesh_of(model: mujoco.MjModel, number: int) -> Mesh:
    """Return a mesh of a compiled model."""

    def rows(name: str, of: str) -> NDArray[Any]:
        first = getattr(model, f"mesh_{of}adr")[number]
        length = getattr(model, f"mesh_{of}num")[number]
        return np.array(getattr(model, f"mesh_{name}")[first : first + length])

    textured = model.mesh_texcoordnum[number] > 0
    faces, normals = rows("face", "face"), rows("facenormal", "face")
    laid = rows("facetexcoord", "face") if textured else 0 * faces
    return Mesh(
        rows("vert", "vert"),
        rows("normal", "normal"),
        rows("texcoord", "texcoord") if textured else np.empty((0, 2)),
        np.stack([faces, normals, laid], -1),
    )
