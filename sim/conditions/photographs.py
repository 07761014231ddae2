"""Skies and grounds from other sources than those of training."""

from __future__ import annotations

import yaml

from liquid_control.share import share_file

from ..paths import from_file
from ..settings import WorldSettings, from_data, merged, to_data
from . import Condition


class Photographs(Condition, frozen=True):
    """Sky and ground are photographs from packages that no training opens.

    Attributes:
        world: a YAML of the package or of one's own that names them.
        parts: of its scenery that are taken.
    """

    world: str = "config/worlds/photographs.yaml"
    parts: tuple[str, ...] = ("sky", "ground")

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with these pictures.

        Raises:
            ConfigError: the packages are not installed.
        """
        file, data = share_file(self.world), to_data(settings)
        changes = from_file(yaml.safe_load(file.read_text()), file, data["task"]["name"])
        scenery = {part: changes["scenery"][part] for part in self.parts}
        return from_data(merged(data, {"scenery": scenery}), str(file))
