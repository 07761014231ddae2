"""Behaviour cloning: fit a network to recorded flights, its state carried from chunk to chunk."""

from __future__ import annotations

import io
import math
import time
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from liquid_control.contract import PolicyCard
from liquid_control.errors import ConfigError, LiquidControlError
from liquid_control.networks.device import find_device
from liquid_control.networks.policy import PolicyNetwork
from liquid_control.networks.restore import load_encoder, load_weights

from .batches import Chunk, chunks, count_chunks, whole
from .config import OptimizerConfig, TrainConfig
from .progress import Progress
from .store import Recordings, write_whole

SMOOTH = 0.1
"""Where the loss turns from a square into a distance, as a share of a field's scale."""


class FitError(LiquidControlError):
    """The weights are no numbers any more."""


@dataclass
class Fit:
    """The network and its optimiser, as they are saved, on the device that the network is on.

    Attributes:
        average: of the weights that are fitted, over the last updates (arXiv:1803.05407).
        updates: that it has followed.
        recall: reads from the cell's output what the expert remembers; it does not fly. None
            where nothing is learnt of that.
    """

    network: PolicyNetwork
    optimizer: torch.optim.Optimizer
    recall: nn.Linear | None = None
    epoch: int = 0
    average: dict[str, Tensor] = field(default_factory=dict)
    updates: int = 0

    @classmethod
    def begin(cls, config: TrainConfig, card: PolicyCard, recalled: int = 0) -> Fit:
        """Return a network with the first weights: drawn from the seed, or of a policy file.

        Args:
            config: of the run.
            card: of the policy to be.
            recalled: how many numbers the expert says of what it remembers.

        Raises:
            ConfigError: the network cannot be made, does not fit ``init_from``, or the device
                is not there.
            BundleError: that file is not a sound policy.
        """
        o = config.optimizer
        device = find_device(o.device)
        torch.manual_seed(config.seed)
        network = PolicyNetwork(config.network, card)
        if config.init_from is not None:
            load_weights(network, config.init_from)
        if config.eye_from is not None:
            for name in network.teachable:
                load_encoder(network, name, config.eye_from)
        recall = nn.Linear(network.cell.output_size, recalled).to(device) if o.recall else None
        network.to(device)
        weights = [*network.parameters(), *(recall.parameters() if recall else ())]
        rate, decay = o.learning_rate, o.weight_decay
        return cls(network, torch.optim.AdamW(weights, lr=rate, weight_decay=decay), recall)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.network.command_scale.device

    @torch.no_grad()
    def follow(self, kept: float) -> None:
        """Let the average follow the weights after an update.

        Args:
            kept: share of the average that stays; less at first, when there is little to keep.
        """
        self.updates += 1
        kept = min(kept, self.updates / (self.updates + 9))
        for name, weight in self.network.named_parameters():
            if weight.grad is not None:
                average = self.average.setdefault(name, weight.clone())
                average.lerp_(weight, 1.0 - kept)

    def flown(self) -> PolicyNetwork:
        """Return the network that flies: with the average of its weights, where there is one."""
        network = deepcopy(self.network)
        network.load_state_dict(self.average, strict=False)
        return network

    def save(self, path: Path) -> None:
        """Write a checkpoint whole or not at all.

        Raises:
            StoreError: the disk is full or may not be written.
        """
        buffer = io.BytesIO()
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "average": self.average,
            "updates": self.updates,
            "recall": self.recall.state_dict() if self.recall else {},
        }
        torch.save(state, buffer)
        write_whole(path, lambda part: part.write_bytes(buffer.getbuffer()))

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
            self.average = {n: v.to(self.device) for n, v in state["average"].items()}
            self.updates = int(state["updates"])
            if self.recall:
                self.recall.load_state_dict(state["recall"])
        except Exception:  # torch raises whatever its readers raise
            raise ConfigError(
                f"{path}: expected a checkpoint of this network, found another or a damaged "
                "file; delete it to fit anew to the flights that are there"
            ) from None


def fit_epoch(
    fit: Fit, recordings: Recordings, config: TrainConfig, progress: Progress
) -> dict[str, float]:
    """Fit one epoch with the state carried from chunk to chunk.

    Returns:
        The mean ``loss``, and the ``learning_rate`` and ``seconds`` of the epoch.

    Raises:
        FitError: the loss is no number any more.
    """
    o, card = config.optimizer, fit.network.card
    epochs = config.epochs_until(config.collect.rounds)
    rng = np.random.default_rng((config.seed, fit.epoch))
    torch.manual_seed(int(rng.integers(2**32)))
    total, start = count_chunks(recordings, o.lanes, o.chunk), time.perf_counter()
    hidden: Tensor | None = None
    losses = []
    fit.network.train()
    epoch = chunks(recordings, card, (o.lanes, o.chunk), config.augment, rng)
    with progress.bar(total, f"epoch {fit.epoch + 1} of {epochs}") as advance:
        for i, chunk in enumerate(epoch):
            done = config.share_of_stage(fit.epoch + i / total)
            rate = _learning_rate(o.learning_rate, done)
            for group in fit.optimizer.param_groups:
                group["lr"] = rate
            loss, hidden = fit_chunk(fit, chunk, hidden, o)
            losses.append(loss)
            advance()
    fit.epoch += 1
    mean = float(np.mean(losses))
    if not math.isfinite(mean):
        raise FitError(
            f"epoch {fit.epoch}: the loss is {mean}; take a lower optimizer.learning_rate, or "
            "optimizer.precision: float32"
        )
    return {"loss": mean, "learning_rate": rate, "seconds": time.perf_counter() - start}


def fit_chunk(
    fit: Fit, chunk: Chunk, hidden: Tensor | None, o: OptimizerConfig
) -> tuple[float, Tensor]:
    """Take one optimiser step; return the loss and the detached next state.

    The encoders' large products use all cores. The cell's many small ones run on
    one: waiting for a second thread at each would cost far more than it brings.
    """
    network, threads = fit.network, torch.get_num_threads()
    chunk = chunk.to(fit.device)
    half = o.precision == "bfloat16"
    with torch.autocast(fit.device.type, torch.bfloat16, enabled=half):
        features = network.look(chunk.inputs)
    leaf = features.detach().requires_grad_()
    fit.optimizer.zero_grad()
    torch.set_num_threads(1)
    try:
        loss, hidden = _loss(network, leaf, chunk, hidden, fit.recall, o.recall)
        loss.backward()
    finally:
        torch.set_num_threads(threads)
    if features.requires_grad:
        features.backward(leaf.grad)
    torch.nn.utils.clip_grad_norm_(network.parameters(), o.clip_norm)
    fit.optimizer.step()
    if o.average:
        fit.follow(o.average)
    return loss.item(), hidden.detach()


@torch.no_grad()
def validate(fit: Fit, recordings: Recordings) -> float:
    """Return the loss over whole flights that training never sees."""
    network = fit.flown().eval()
    losses = []
    for i in range(len(recordings)):
        chunk = whole(recordings[i], network.card).to(fit.device)
        losses.append(_loss(network, network.look(chunk.inputs), chunk, None)[0].item())
    return float(np.mean(losses))


def _loss(  # noqa: PLR0917 - all that a loss is of
    network: PolicyNetwork,
    features: Tensor,
    chunk: Chunk,
    hidden: Tensor | None,
    recall: nn.Linear | None = None,
    weight: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Return the smooth L1 loss of every field in units of its scale, and the next state.

    A field without motion has nothing to learn and no scale. With ``recall`` the loss of what the
    expert remembers is added.
    """
    if hidden is None:
        hidden = network.cell.initial_state(len(features))
    ys, hidden = network.think(features, chunk.dt_s, hidden, chunk.reset)
    moves = network.command_scale > 0
    error = (network.command(ys) - chunk.command)[..., moves] / network.command_scale[moves]
    loss = F.smooth_l1_loss(error, torch.zeros_like(error), beta=SMOOTH)
    if recall is not None:
        loss = loss + weight * F.smooth_l1_loss(recall(ys), chunk.recall)
    return loss, hidden


def _learning_rate(top: float, done: float) -> float:
    """Warm up over the first fiftieth, then decay by a cosine to a hundredth."""
    warm = min(1.0, 0.05 + done * 50)
    return top * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
