"""A network trained with ncps as a policy: what feeds it and what it commands."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from ...contract import VELOCITY, InputCard, PolicyCard, Timing, imu_input
from ...networks.export import export
from .state_dict import NcpsNetwork, NcpsStateError, read_ncps

IMU_SIZE = 6


class NcpsPolicy(nn.Module):
    """Feeds an ncps network with pixels (0..1, rows first), or the IMU, or pixels then the IMU.

    The number of inputs decides: 6 is the IMU alone; 3 H W is the RGB image, H W the mean of
    its channels, and 6 more than either has the IMU behind it. The four outputs are forward,
    left, up (m/s) and yaw rate (rad/s), clamped to the limits.

    Attributes:
        inputs: what it reads, by name, and nothing else.
    """

    limits: Tensor

    def __init__(self, network: NcpsNetwork, image: InputCard, nominal_dt_s: float) -> None:
        super().__init__()
        self.cell, self.readout = network.cell.float(), network.readout
        self.nominal_dt_s = nominal_dt_s
        self.channels, with_imu = _layout(self.cell.input_size, image)
        self.inputs: dict[str, InputCard] = {"image": image} if self.channels else {}
        self.inputs |= {"imu": imu_input()} if with_imu else {}
        outputs = self.cell.output_size if self.readout is None else self.readout.out_features
        if outputs != 4:
            raise NcpsStateError(
                f"the network has {outputs} outputs, expected 4: forward, left, up, yaw rate"
            )
        limits = torch.tensor([field.high for field in VELOCITY.fields])
        self.register_buffer("limits", limits, persistent=False)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: ``inputs`` in order, dt and hidden, as in ``PolicyNetwork``."""
        *values, dt, hidden = inputs
        given = dict(zip(self.inputs, values, strict=True))
        parts = []
        if "image" in given:
            pixels = given["image"].float() / 255.0
            parts.append((pixels.mean(dim=3) if self.channels == 1 else pixels).flatten(1))
        if "imu" in given:
            parts.append(given["imu"])
        y, hidden = self.cell.step(torch.cat(parts, dim=1), hidden, dt / self.nominal_dt_s)
        if self.readout is not None:
            y = self.readout(y)
        return torch.clamp(y, -self.limits, self.limits), hidden


def _layout(size: int, image: InputCard) -> tuple[int, bool]:
    """Return how many channels of the image so many inputs are, and whether the IMU is there."""
    height, width, _ = image.shape
    pixels = height * width
    layouts = {
        IMU_SIZE: (0, True),
        pixels: (1, False),
        3 * pixels: (3, False),
        pixels + IMU_SIZE: (1, True),
        3 * pixels + IMU_SIZE: (3, True),
    }
    if size not in layouts:
        raise NcpsStateError(
            f"the network has {size} inputs; a camera of {width}x{height} and an IMU give "
            f"{', '.join(map(str, layouts))}; give the --camera it was trained on"
        )
    return layouts[size]


def import_ncps(
    path: str | Path,
    out: str | Path,
    *,
    image: InputCard,
    nominal_dt_s: float = 0.05,
    mode: str = "default",
    activation: str = "lecun_tanh",
    unfolds: int = 6,
) -> PolicyCard:
    """Write a saved ncps state dict as a verified bundle and return its card.

    Args:
        path: what ``torch.save(module.state_dict(), path)`` wrote.
        out: the .onnx file to write.
        image: what it was trained on, if it was; see ``image_input``.
        nominal_dt_s: seconds for which the network was given the time 1.
        mode: of a CfC, "default" or "no_gate"; "pure" is seen from the file.
        activation: of a dense CfC's backbone.
        unfolds: of an LTC.

    Raises:
        NcpsStateError: the file is no such state dict, or its sizes do not fit.
        ConfigError: there is no such mode or activation.
        BundleError: ONNX Runtime does not agree with torch; nothing was written.
    """
    network = read_ncps(path, mode=mode, backbone_activation=activation, unfolds=unfolds)
    policy = NcpsPolicy(network, image, nominal_dt_s)
    wiring = getattr(network.cell, "wiring", None)
    card = PolicyCard(
        name=Path(path).stem,
        inputs=policy.inputs,
        command=VELOCITY,
        hidden_size=policy.cell.state_size,
        clock=next(iter(policy.inputs)),
        timing=Timing.around(nominal_dt_s),
        network={"cell": type(policy.cell).__name__, "units": policy.cell.state_size},
        wiring=None if wiring is None else wiring.to_dict(),
        neurons=tuple(getattr(network.cell, "neuron_names", ())),
        licence="as the imported file",
        source=str(path),
    )
    return export(policy, card, out)
