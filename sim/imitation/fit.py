"""Behaviour cloning: fit a network to recorded flights, its state carried from chunk to chunk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from liquid_control.errors import ConfigError
from liquid_control.networks.device import find_device
from liquid_control.networks.policy import PolicyNetwork

from .config import OptimizerConfig, TrainConfig
from .dataset import Chunk, Recording, chunks, count_chunks
from .progress import Progress


@dataclass
class Fit:
    """The network and its optimiser, as they are saved, on the device that the network is on."""

    network: PolicyNetwork
    optimizer: torch.optim.Optimizer
    epoch: int = 0

    @classmethod
    def begin(cls, config: TrainConfig) -> Fit:
        """Return an untrained network, drawn from the configuration's seed.

        Raises:
            ConfigError: the configuration's device is not there.
        """
        o = config.optimizer
        device = find_device(o.device)
        torch.manual_seed(config.seed)
        network = PolicyNetwork(config.network, timing=config.timing).to(device)
        rate, decay = o.learning_rate, o.weight_decay
        return cls(network, torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay))

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.network.command_scale.device

    def save(self, path: Path) -> None:
        """Write a checkpoint whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> None:
        """Go back to a checkpoint.

        Raises:
            ConfigError: the file is damaged.
        """
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.epoch = int(state["epoch"])
        except Exception:  # torch raises whatever its readers raise
            raise ConfigError(
                f"{path}: expected a checkpoint of this network, found another or a damaged "
                "file; delete it to fit anew to the flights that are there"
            ) from None


def fit_epoch(
    fit: Fit, recordings: list[Recording], config: TrainConfig, progress: Progress
) -> float:
    """Fit one epoch with the state carried from chunk to chunk; return the mean loss."""
    o = config.optimizer
    epochs = o.epochs + config.collect.dagger_rounds * o.epochs_per_round
    rng = np.random.default_rng((config.seed, fit.epoch))
    total = count_chunks(recordings, o.lanes, o.chunk)
    hidden: torch.Tensor | None = None
    losses = []
    fit.network.train()
    with progress.bar(total, f"epoch {fit.epoch + 1} of {epochs}") as advance:
        for i, chunk in enumerate(chunks(recordings, o.lanes, o.chunk, config.timing, rng)):
            done = (fit.epoch + i / total) / epochs
            for group in fit.optimizer.param_groups:
                group["lr"] = _learning_rate(o.learning_rate, done)
            loss, hidden = fit_chunk(fit, _black_out(chunk, rng, config), hidden, o)
            losses.append(loss)
            advance()
    fit.epoch += 1
    return float(np.mean(losses))


def _learning_rate(top: float, done: float) -> float:
    """Warm up over the first fiftieth, then decay by a cosine to a hundredth."""
    warm = min(1.0, 0.05 + done * 50)
    return top * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def fit_chunk(
    fit: Fit, chunk: Chunk, hidden: torch.Tensor | None, o: OptimizerConfig
) -> tuple[float, torch.Tensor]:
    """Take one optimiser step; return the loss and the detached next state.

    The eye's large products use all cores. The cell's many small ones run on
    one: waiting for a second thread at each would cost far more than it brings.
    """
    network, threads = fit.network, torch.get_num_threads()
    chunk = chunk.to(fit.device)
    half = o.precision == "bfloat16"
    with torch.autocast(fit.device.type, torch.bfloat16, enabled=half):
        features = network.look(chunk.images)
    leaf = features.detach().requires_grad_()
    fit.optimizer.zero_grad()
    torch.set_num_threads(1)
    loss, hidden = _loss(network, leaf, chunk, hidden)
    loss.backward()
    torch.set_num_threads(threads)
    features.backward(leaf.grad)
    torch.nn.utils.clip_grad_norm_(network.parameters(), o.clip_norm)
    fit.optimizer.step()
    return loss.item(), hidden.detach()


def _loss(
    network: PolicyNetwork, features: torch.Tensor, chunk: Chunk, hidden: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the smooth L1 loss in units of the command limits, and the next state."""
    if hidden is None:
        hidden = network.cell.initial_state(len(features))
    commands, hidden = network.decide(features, chunk.imu, chunk.dt_s, hidden, chunk.reset)
    scale = network.command_scale
    loss = torch.nn.functional.smooth_l1_loss(commands / scale, chunk.commands / scale, beta=0.1)
    return loss, hidden


def _black_out(chunk: Chunk, rng: np.random.Generator, config: TrainConfig) -> Chunk:
    """Blacken a run of frames in some lanes: only the state can bridge it."""
    lanes, length = chunk.images.shape[:2]
    for lane in range(lanes):
        if rng.random() < config.collect.blackout_share:
            low, high = config.collect.black_frames
            run, start = int(rng.integers(low, high + 1)), int(rng.integers(0, length))
            chunk.images[lane, start : start + run] = 0
    return chunk


@torch.no_grad()
def validate(fit: Fit, recordings: list[Recording], config: TrainConfig) -> float:
    """Return the loss over whole flights that training never sees."""
    network = fit.network.eval()
    losses = []
    for r in recordings:
        dt_s = r.dt_s.clip(config.timing.min_dt_s, config.timing.max_dt_s)
        images, imu, dts, commands = (
            torch.from_numpy(a)[None] for a in (r.images, r.imu, dt_s, r.commands)
        )
        first = torch.zeros(1, len(r), dtype=torch.bool)
        whole = Chunk(images, imu, dts, commands, first).to(fit.device)
        losses.append(_loss(network, network.look(whole.images), whole, None)[0].item())
    return float(np.mean(losses))
