"""The LTC recurrence over a whole sequence, with its derivative written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 2**17
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
        size = max(1, BLOCK // sigma.numel())
        sums = v.new_empty(sigma.shape[0], len(v), 2)
        for start in range(0, len(v), size):
            block = slice(start, start + size)
            sums[:, block] = torch.bmm(_gates(v[block], sigma, shift), weights)
        return sums.permute(2, 1, 0).contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, ...]:
        v, sigma, shift, weights = ctx.saved_tensors
        sums_grad = grad_outputs[0].permute(2, 1, 0).contiguous()
        to_gates = weights.transpose(1, 2).contiguous()
        total = _SynapseGrads.zeros(sigma, weights)
        v_grad = torch.empty_like(v)
        size = max(1, BLOCK // sigma.numel())
        for start in range(0, len(v), size):
            block = slice(start, start + size)
            gates = _gates(v[block], sigma, shift)
            inner = torch.bmm(sums_grad[:, block], to_gates)
            _sigmoid_backward(inner, gates, grad_input=inner)
            v_grad[block] = (inner * sigma[:, None]).sum(0)
            total.add(v[block], gates, sums_grad[:, block], inner)
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
        # Every v and denominator; slot `unfolds` of vs is the output of a step.
        vs = inertia.new_empty(time, unfolds + 1, batch, units)
        dens = inertia.new_empty(time, unfolds, batch, units)
        gates = inertia.new_empty(units, batch, units)
        sums = inertia.new_empty(units, batch, 2)
        pull, leak = sums.permute(2, 1, 0).unbind()
        top = torch.empty_like(state)
        scale, offset = _repeat(sigma, batch), _repeat(-shift, batch)
        with torch.inference_mode():  # spares every operation autograd's bookkeeping
            v = state
            for t in range(time):
                v_at, den_at = vs[t].unbind(), dens[t].unbind()
                (drive_pull, drive_leak), inertia_t, move_t = drive[t], inertia[t], move[t]
                v_at[0].copy_(v if keep is None else v * keep[t])
                for u in range(unfolds):
                    torch.addcmul(offset, scale, v_at[u], out=gates)
                    torch.bmm(gates.sigmoid_(), weights, out=sums)
                    torch.addcmul(drive_pull, pull, move_t, out=top).addcmul_(inertia_t, v_at[u])
                    bottom = torch.addcmul(drive_leak, leak, move_t, out=den_at[u])
                    v = torch.div(top, bottom, out=v_at[u + 1])
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
        scale, offset = _repeat(sigma, batch), _repeat(-shift, batch)
        v_grad = torch.zeros_like(inertia[0])
        # One step's worth of room, reused: fresh memory costs more than the maths in it.
        gates = inertia.new_empty(units, unfolds, batch, units)
        inner = torch.empty_like(gates)
        through = inertia.new_empty(units, batch, units)
        sums_grad = inertia.new_empty(units, unfolds, batch, 2)
        parts = inertia.new_empty(unfolds, 2, batch, units)
        by_part = sums_grad.permute(1, 3, 2, 0)
        room = list(
            zip(parts, by_part, sums_grad.unbind(1), gates.unbind(1), inner.unbind(1), strict=True)
        )
        tops, bottoms = (half.unbind() for half in parts.unbind(1))

        with torch.inference_mode():
            for t in reversed(range(time)):
                before, den_at = vs[t, :-1], dens[t].unbind()
                minus_after = (-vs[t, 1:]).unbind()
                inertia_t, move_t = inertia[t], move[t]
                torch.addcmul(offset[:, None], scale[:, None], before, out=gates).sigmoid_()
                v_grad = v_grad + grad_outputs[0][t]
                for u in reversed(range(unfolds)):
                    part, to_sums, sums_grad_u, gate, flow = room[u]
                    top = torch.div(v_grad, den_at[u], out=tops[u])
                    torch.mul(top, minus_after[u], out=bottoms[u])
                    torch.mul(part, move_t, out=to_sums)
                    torch.bmm(sums_grad_u, to_gates, out=through)
                    _sigmoid_backward(through, gate, grad_input=flow)
                    torch.mul(flow, scale, out=through)
                    v_grad = through.sum(0).addcmul_(top, inertia_t)
                if keep is not None:
                    v_grad.mul_(keep[t])
                drive_grad[t] = parts.sum(0)
                inertia_grad[t] = (parts[:, 0] * before).sum(0)
                if move_grad is not None:
                    flows = torch.bmm(gates.flatten(1, 2), weights).unflatten(1, (unfolds, batch))
                    move_grad[t] = (flows * parts.permute(3, 0, 2, 1)).sum((0, 1, 3))[:, None]
                total.add(
                    before.flatten(0, 1), gates.flatten(1, 2), sums_grad.flatten(1, 2), inner
                )
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


_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input


@dataclass
class _SynapseGrads:
    """Gradients of sigma, shift and weights of `synapse_sums`, summed part by part."""

    sigma: Tensor
    shift: Tensor
    weights_t: Tensor

    @classmethod
    def zeros(cls, sigma: Tensor, weights: Tensor) -> _SynapseGrads:
        weights_t = torch.zeros_like(weights.transpose(1, 2).contiguous())
        return cls(torch.zeros_like(sigma), torch.zeros_like(sigma), weights_t)

    @property
    def weights(self) -> Tensor:
        return self.weights_t.transpose(1, 2)

    def add(self, v: Tensor, gates: Tensor, sums_grad: Tensor, inner: Tensor) -> None:
        """Add what n states bring, and use up ``inner``.

        Args:
            v: (n, sources).
            gates: (targets, n, sources).
            sums_grad: (targets, n, 2), gradient of the two sums.
            inner: gradient of what is inside the sigmoid, shaped like gates in memory.
        """
        self.weights_t.baddbmm_(sums_grad.transpose(1, 2), gates)
        inner = inner.view_as(gates)
        self.shift.sub_(inner.sum(1))
        self.sigma.add_(inner.mul_(v).sum(1))


def _gates(v: Tensor, sigma: Tensor, shift: Tensor) -> Tensor:
    """Return ``sigmoid(sigma * v - shift)``, (targets, n, sources) from v (n, sources)."""
    return torch.addcmul(-shift[:, None], sigma[:, None], v).sigmoid_()


def _repeat(matrix: Tensor, batch: int) -> Tensor:
    """Return (targets, batch, sources): broadcasting short rows in a loop costs more."""
    return matrix[:, None].expand(-1, batch, -1).contiguous()
