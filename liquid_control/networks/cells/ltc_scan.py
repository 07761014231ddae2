"""The LTC recurrence over a whole sequence, with its derivative written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 2**18
"""Gates that are worked on together: enough to batch, few enough to stay in cache."""


def synapse_sums(v: Tensor, sigma: Tensor, shift: Tensor, weights: Tensor) -> Tensor:
    """Sum what flows through synapses whose sources are all known.

    With ``s = sigmoid(sigma * v - shift)``, which is not kept for the backward pass:

    Args:
        v: (n, sources).
        sigma: (targets, sources).
        shift: (targets, sources).
        weights: (targets, sources, 2), here w * erev and w.

    Returns:
        The two sums over sources of ``weights * s``, (2, n, targets).
    """
    sums: Tensor = _SynapseSums.apply(v, sigma, shift, weights)
    return sums


def ltc_scan(
    state: Tensor,
    drive: Tensor,
    inertia: Tensor,
    move: Tensor,
    synapses: tuple[Tensor, Tensor, Tensor],
    *,
    keep: Tensor | None,
    unfolds: int,
) -> Tensor:
    """Run ``v <- (inertia v + drive_0 + move S_0) / (drive_1 + move S_1)`` step by step.

    Args:
        state: (batch, units) before the first step.
        drive: (time, 2, batch, units), all that does not depend on v.
        inertia: (time, batch, units).
        move: (time, batch, 1).
        synapses: sigma, shift and weights of `synapse_sums`, which give S from v.
        keep: (time, batch, 1), 0 where the state is zeroed before the step; None for never.
        unfolds: repetitions in one step.

    Returns:
        States after each step, (time, batch, units).
    """
    vs: Tensor = _LTCScan.apply(state, drive, inertia, move, *synapses, keep, unfolds)
    return vs


class _SynapseSums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, v: Tensor, sigma: Tensor, shift: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(v, sigma, shift, weights)
        parts = [
            torch.bmm(_gates(part, sigma, shift), weights)
            for part in v.split(max(1, BLOCK // sigma.numel()))
        ]
        return torch.cat(parts, dim=1).permute(2, 1, 0).contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, ...]:
        v, sigma, shift, weights = ctx.saved_tensors
        sums_grad = grad_outputs[0].permute(2, 1, 0)
        total = _SynapseGrads.zeros(sigma, weights)
        v_grad = torch.empty_like(v)
        size = max(1, BLOCK // sigma.numel())
        for start in range(0, len(v), size):
            block = slice(start, start + size)
            gates = _gates(v[block], sigma, shift)
            grad = sums_grad[:, block].contiguous()
            inner = torch.bmm(grad, weights.transpose(1, 2))
            inner = torch.ops.aten.sigmoid_backward(inner, gates)
            total.add(v[block], gates, grad, inner)
            v_grad[block] = inner.mul_(sigma[:, None]).sum(0)
        return v_grad, total.sigma, total.shift, total.weights


class _LTCScan(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        state: Tensor,
        drive: Tensor,
        inertia: Tensor,
        move: Tensor,
        sigma: Tensor,
        shift: Tensor,
        weights: Tensor,
        keep: Tensor | None,
        unfolds: int,
    ) -> Tensor:
        time, batch, units = inertia.shape
        # Every v, and every denominator, for the backward pass; slot `unfolds` is the output.
        vs = inertia.new_empty(time, unfolds + 1, batch, units)
        dens = inertia.new_empty(time, unfolds, batch, units)
        gates = inertia.new_empty(units, batch, units)
        sums = inertia.new_empty(units, batch, 2)
        pulls = sums.permute(2, 1, 0)
        numerator = inertia.new_empty(batch, units)
        # Broadcasting over the batch inside the loop costs more than these copies.
        scale = sigma[:, None].expand_as(gates).contiguous()
        offset = -shift[:, None].expand_as(gates).contiguous()
        v = state
        for t in range(time):
            v_at, den_at = vs[t].unbind(), dens[t].unbind()
            drive_t, inertia_t, move_t = drive[t], inertia[t], move[t]
            v_at[0].copy_(v if keep is None else v * keep[t])
            for u in range(unfolds):
                torch.addcmul(offset, scale, v_at[u], out=gates)
                torch.bmm(gates.sigmoid_(), weights, out=sums)
                top, bottom = torch.addcmul(drive_t, pulls, move_t).unbind()
                den_at[u].copy_(bottom)
                torch.addcmul(top, inertia_t, v_at[u], out=numerator)
                v = torch.div(numerator, bottom, out=v_at[u + 1])
        ctx.save_for_backward(vs, dens, inertia, move, sigma, shift, weights, keep)
        return vs[:, -1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        vs, dens, inertia, move, sigma, shift, weights, keep = ctx.saved_tensors
        time, unfolds, batch, units = dens.shape
        drive_grad = inertia.new_empty(time, 2, batch, units)
        inertia_grad = torch.empty_like(inertia)
        move_grad = torch.empty_like(move) if ctx.needs_input_grad[3] else None
        total = _SynapseGrads.zeros(sigma, weights)
        to_gates = weights.transpose(1, 2).contiguous()
        gather = sigma.t()[:, None].contiguous()
        v_grad = torch.zeros_like(inertia[0])

        size = max(1, BLOCK // (sigma.numel() * batch * unfolds))
        for start in reversed(range(0, time, size)):
            block = slice(start, min(start + size, time))
            before = vs[block, :-1].flatten(0, 1)
            gates = _gates(before.flatten(0, 1), sigma, shift)
            inner = (1 - gates).mul_(gates)
            inner_at = inner.view(units, len(before), batch, units).unbind(1)
            # Gradients of numerator and denominator of every unfold, then of the two sums.
            parts = inertia.new_empty(len(before), 2, batch, units)
            sums_grad = inertia.new_empty(units, len(before), batch, 2)
            sums_grad_at = sums_grad.unbind(1)
            for t in reversed(range(block.start, block.stop)):
                v_grad = v_grad + grad_outputs[0][t]
                v_at, den_at = vs[t].unbind(), dens[t].unbind()
                inertia_t, move_t = inertia[t], move[t]
                for u in reversed(range(unfolds)):
                    n = (t - start) * unfolds + u
                    top, bottom = parts[n].unbind()
                    torch.div(v_grad, den_at[u], out=top)
                    torch.mul(top, v_at[u + 1], out=bottom).neg_()
                    torch.mul(parts[n], move_t, out=sums_grad_at[n].permute(2, 1, 0))
                    flow = inner_at[n].mul_(torch.bmm(sums_grad_at[n], to_gates))
                    through = torch.bmm(gather, flow.permute(2, 0, 1))[:, 0]
                    v_grad = torch.addcmul(through.t(), top, inertia_t)
                if keep is not None:
                    v_grad.mul_(keep[t])
            by_step = parts.unflatten(0, (-1, unfolds))
            drive_grad[block] = by_step.sum(1)
            inertia_grad[block] = (by_step[:, :, 0] * vs[block, :-1]).sum(1)
            flat_grad = sums_grad.flatten(1, 2)
            if move_grad is not None:
                flows = torch.bmm(gates, weights).mul_(parts.permute(3, 0, 2, 1).flatten(1, 2))
                flows = flows.sum((0, 2)).view(-1, unfolds, batch, 1)
                move_grad[block] = flows.sum(1)
            total.add(before.flatten(0, 1), gates, flat_grad, inner)
        return (
            v_grad,
            drive_grad,
            inertia_grad,
            move_grad,
            total.sigma,
            total.shift,
            total.weights,
            None,
            None,
        )


@dataclass
class _SynapseGrads:
    """Gradients of sigma, shift and weights of `synapse_sums`, summed block by block."""

    sigma: Tensor
    shift: Tensor
    weights: Tensor

    @classmethod
    def zeros(cls, sigma: Tensor, weights: Tensor) -> _SynapseGrads:
        return cls(torch.zeros_like(sigma), torch.zeros_like(sigma), torch.zeros_like(weights))

    def add(self, v: Tensor, gates: Tensor, sums_grad: Tensor, inner: Tensor) -> None:
        """Add a block: v (n, sources), gates (targets, n, sources), the gradients of the two
        sums (targets, n, 2) and of what is inside the sigmoid (targets, n, sources).
        """  # noqa: D205
        self.weights.baddbmm_(gates.transpose(1, 2), sums_grad)
        self.shift.sub_(inner.sum(1))
        self.sigma.add_((inner * v).sum(1))


def _gates(v: Tensor, sigma: Tensor, shift: Tensor) -> Tensor:
    """Return ``sigmoid(sigma * v - shift)``, (targets, n, sources) from v (n, sources)."""
    return torch.addcmul(-shift[:, None], sigma[:, None], v).sigmoid_()
