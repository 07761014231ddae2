"""The CfC recurrence over a whole sequence, with its derivative written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def cfc_scan(
    projected: Tensor,
    state: Tensor,
    dts: Tensor,
    *,
    keep: Tensor | None,
    gated: bool,
    weights: list[Tensor],
    biases: list[Tensor],
) -> Tensor:
    """Run a CfC whose inputs are already projected.

    A chain of layers with tanh between them maps the state to the heads; ``projected`` is
    what the inputs (and the first bias) add to the first layer.

    Args:
        projected: (time, batch, width of the first layer).
        state: (batch, units) state before the first step.
        dts: (time, batch, 1) elapsed time.
        keep: (time, batch, 1), 0 where the state is zeroed before the step; None for never.
        gated: True for the default mode, False for no_gate.
        weights: one (out, in) matrix a layer; the first takes the state, the last gives the
            heads ff1, ff2, time_b, time_a.
        biases: (out,), one for each layer after the first.

    Returns:
        States after each step, (time, batch, units).
    """
    hs: Tensor = _CfCScan.apply(projected, state, dts, keep, gated, *weights, *biases)
    return hs


class _CfCScan(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        projected: Tensor,
        state: Tensor,
        dts: Tensor,
        keep: Tensor | None,
        gated: bool,
        *parameters: Tensor,
    ) -> Tensor:
        time, batch, _ = projected.shape
        units = state.shape[1]
        depth = (len(parameters) + 1) // 2
        weights, biases = parameters[:depth], parameters[depth:]
        layers = [projected.new_empty(time, batch, weight.shape[0]) for weight in weights]
        heads = layers[-1]
        hs = projected.new_empty(time, batch, units)
        befores = hs.new_empty(time, batch, units) if keep is not None else hs

        # Views are taken once for all steps: slicing inside the loop costs as much as the maths.
        offsets = [projected.unbind(), *([bias] * time for bias in biases)]
        outs = [layer.unbind() for layer in layers]
        transposed = [weight.t() for weight in weights]
        ffs = heads[..., : 2 * units].unbind()
        ff1, ff2, gate, time_a = (head.unbind() for head in heads.split(units, dim=2))
        h_out, dt_in = hs.unbind(), dts.unbind()
        h = state
        for t in range(time):
            if keep is not None:
                h = torch.mul(h, keep[t], out=befores[t])
            z = h
            for k in range(depth):
                if k:
                    z.tanh_()
                z = torch.addmm(offsets[k][t], z, transposed[k], out=outs[k][t])
            ffs[t].tanh_()
            gate[t].addcmul_(time_a[t], dt_in[t]).sigmoid_()
            if gated:
                h = torch.lerp(ff1[t], ff2[t], gate[t], out=h_out[t])
            else:
                h = torch.addcmul(ff1[t], ff2[t], gate[t], out=h_out[t])
        if keep is None:
            befores = torch.cat([state[None], hs[:-1]])
        ctx.gated, ctx.depth = gated, depth
        ctx.save_for_backward(befores, dts, keep, *layers, *weights)
        return hs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        befores, dts, keep, *rest = ctx.saved_tensors
        layers, weights = rest[: ctx.depth], rest[ctx.depth :]
        heads = layers[-1]
        time, batch, units = befores.shape
        # How each head moves h', for all steps at once: only products with it stay in the loop.
        slopes = _head_slopes(heads, dts, ctx.gated)
        bends = [1 - layer * layer for layer in layers[:-1]]
        grads = [torch.empty_like(layer) for layer in layers]

        slope_of = slopes.unbind()
        head_grad = grads[-1].view(time, batch, 4, units).unbind()
        grad_of = [grad.unbind() for grad in grads]
        bend_of = [bend.unbind() for bend in bends]
        from_output = grad_outputs[0].contiguous().unbind()
        dh = from_output[-1]
        for t in reversed(range(time)):
            torch.mul(slope_of[t], dh.unsqueeze(1), out=head_grad[t])
            for k in reversed(range(ctx.depth - 1)):
                torch.mm(grad_of[k + 1][t], weights[k + 1], out=grad_of[k][t])
                grad_of[k][t].mul_(bend_of[k][t])
            if keep is not None:
                dh = torch.mm(grad_of[0][t], weights[0]).mul_(keep[t])
                dh = dh + from_output[t - 1] if t else dh
            elif t:
                dh = torch.addmm(from_output[t - 1], grad_of[0][t], weights[0])
            else:
                dh = torch.mm(grad_of[0][t], weights[0])

        flat = [grad.flatten(0, 1) for grad in grads]
        inputs = [layer.flatten(0, 1) for layer in [befores, *layers[:-1]]]
        weight_grads = [grad.t() @ z for grad, z in zip(flat, inputs, strict=True)]
        bias_grads = [grad.sum(0) for grad in flat[1:]]
        dt_grad = None
        if ctx.needs_input_grad[2]:
            gate_grad, time_a = grads[-1].chunk(4, dim=2)[2], heads.chunk(4, dim=2)[3]
            dt_grad = (gate_grad * time_a).sum(2, keepdim=True)
        return grads[0], dh, dt_grad, None, None, *weight_grads, *bias_grads


def _head_slopes(heads: Tensor, dts: Tensor, gated: bool) -> Tensor:
    """Return d h' / d head, (time, batch, 4, units), from the activated heads."""
    ff1, ff2, gate, _ = heads.chunk(4, dim=2)
    slopes = heads.new_empty(*heads.shape[:2], 4, ff1.shape[2])
    to_ff1, to_ff2, to_time_b, to_time_a = slopes.unbind(2)
    one = heads.new_ones(())
    torch.addcmul(one, ff1, ff1, value=-1, out=to_ff1)
    torch.addcmul(one, ff2, ff2, value=-1, out=to_ff2)
    to_ff2.mul_(gate)
    torch.sub(gate, gate * gate, out=to_time_b)
    if gated:
        to_ff1.mul_(1 - gate)
        to_time_b.mul_(ff2 - ff1)
    else:
        to_time_b.mul_(ff2)
    torch.mul(to_time_b, dts, out=to_time_a)
    return slopes
