"""The CfC recurrence over a whole sequence, with its derivative written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Layer = tuple[Tensor, Tensor]
"""Weight (out, in) and bias (out,)."""
BLOCK = 32
"""Steps whose slopes are computed together: enough to batch, few enough to stay in cache."""


def cfc_scan(
    xs: Tensor,
    state: Tensor,
    dts: Tensor | None,
    *,
    keep: Tensor | None,
    gated: bool,
    layers: list[Layer],
) -> Tensor:
    """Run a CfC whose layers, from ``[x, h]`` to the heads, have a plain tanh between them.

    Args:
        xs: (time, batch, input_size).
        state: (batch, units) state before the first step.
        dts: (time, batch, 1 or units) elapsed time; None where it is in the heads already.
        keep: (time, batch, 1), 0 where the state is zeroed before the step; None for never.
        gated: True for the default mode, False for no_gate.
        layers: the last gives the heads ff1, ff2, time_b and, for a given dts, time_a.

    Returns:
        States after each step, (time, batch, units).
    """
    weights, biases = zip(*layers, strict=True)
    dtype = weights[0].dtype  # inputs of lower precision come from autocast
    xs, state = xs.to(dtype), state.to(dtype)
    hs: Tensor = _CfCScan.apply(xs, state, dts, keep, gated, *weights, *biases)
    return hs


def fold_time(heads: Layer, dts: Tensor) -> tuple[Layer, Tensor | None]:
    """Make ``time_a * t + time_b`` one head and dts None, where all of ``dts`` (…) are one t.

    Heads and dts stay as they are where times differ or need a gradient.
    """
    first = dts[(0,) * dts.dim()]
    if dts.requires_grad or not bool((dts == first).all()):
        return heads, dts
    weight, bias = (_add_time_a(part, first.item()) for part in heads)
    return (weight, bias), None


def _add_time_a(heads: Tensor, t: float) -> Tensor:
    ff1, ff2, time_b, time_a = heads.chunk(4)
    return torch.cat([ff1, ff2, torch.add(time_b, time_a, alpha=t)])


class _CfCScan(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        xs: Tensor,
        state: Tensor,
        dts: Tensor | None,
        keep: Tensor | None,
        gated: bool,
        *parameters: Tensor,
    ) -> Tensor:
        time, batch, input_size = xs.shape
        units = state.shape[1]
        depth = len(parameters) // 2
        weights, biases = parameters[:depth], parameters[depth:]
        # One buffer for [x, h] of every step: its gradient products need no joining.
        inputs = xs.new_empty(time + 1, batch, input_size + units)
        inputs[:-1, :, :input_size] = xs
        befores = inputs[..., input_size:]
        befores[0] = state
        hs = befores[1:] if keep is None else xs.new_empty(time, batch, units)
        layers = [xs.new_empty(time, batch, bias.shape[0]) for bias in biases]
        # The input is projected for all steps at once; what it gives waits in the layer's place.
        torch.addmm(
            biases[0],
            inputs[:-1, :, :input_size].flatten(0, 1),
            weights[0][:, :input_size].t(),
            out=layers[0].flatten(0, 1),
        )
        transposed = [weights[0][:, input_size:].t().contiguous()]
        transposed += [weight.t().contiguous() for weight in weights[1:]]

        with torch.inference_mode():  # spares every operation autograd's bookkeeping
            # Views are taken once for all steps: slicing in the loop costs as much as the maths.
            outs = [layer.unbind() for layer in layers]
            known = [
                outs[0],
                *((bias.expand(batch, -1).contiguous(),) * time for bias in biases[1:]),
            ]
            chain = list(zip(known, transposed, outs, strict=True))
            known_of_heads, to_heads, heads_at = chain.pop()
            ffs_at = layers[-1][..., : 2 * units].unbind()
            ff1_at, ff2_at, gate_at, *time_a_at = (
                head.unbind() for head in layers[-1].split(units, dim=2)
            )
            before_at, h_at = befores.unbind(), hs.unbind()
            h = before_at[0]
            for t in range(time):
                if keep is not None:
                    h = torch.mul(h, keep[t], out=before_at[t])
                z = h
                for known_at, weight, layer_at in chain:
                    z = torch.addmm(known_at[t], z, weight, out=layer_at[t]).tanh_()
                torch.addmm(known_of_heads[t], z, to_heads, out=heads_at[t])
                ffs_at[t].tanh_()
                if dts is not None:
                    gate_at[t].addcmul_(time_a_at[0][t], dts[t])
                gate_at[t].sigmoid_()
                if gated:
                    h = torch.lerp(ff1_at[t], ff2_at[t], gate_at[t], out=h_at[t])
                else:
                    h = torch.addcmul(ff1_at[t], ff2_at[t], gate_at[t], out=h_at[t])
        ctx.gated = gated
        ctx.save_for_backward(inputs, dts, keep, *layers, *weights)
        return hs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        inputs, dts, keep, *rest = ctx.saved_tensors
        depth = len(rest) // 2
        layers, weights = rest[:depth], rest[depth:]
        # Carries the gradient of h' from step to step, on top of what the output brings.
        h_grads = grad_outputs[0].clone(memory_format=torch.contiguous_format)
        time, batch, units = h_grads.shape
        input_size = inputs.shape[2] - units
        from_input, from_state = weights[0].split([input_size, units], dim=1)
        from_state = from_state.contiguous()
        state_grad = torch.zeros_like(h_grads[0])
        weight_grads = [torch.zeros_like(weight) for weight in weights]
        bias_grads = [weight.new_zeros(weight.shape[0]) for weight in weights]
        needs_x, needs_dt = ctx.needs_input_grad[0], ctx.needs_input_grad[2]
        x_grad = h_grads.new_empty(time, batch, input_size) if needs_x else None
        dt_grad = torch.empty_like(dts) if needs_dt else None
        # How each layer moves h' in the steps of one block, in room that all blocks share.
        slopes = [h_grads.new_empty(min(BLOCK, time), *layer.shape[1:]) for layer in layers]
        one = h_grads.new_ones(())

        with torch.inference_mode():
            h_grads_at, spread_at = h_grads.unbind(), h_grads.unsqueeze(2).unbind()
            slopes_at = [slope.unbind() for slope in slopes]
            head_slopes_at = slopes[-1].unflatten(2, (-1, units)).unbind()
            chain = list(zip(slopes_at, slopes_at[1:], weights[1:], strict=False))[::-1]
            for start in reversed(range(0, time, BLOCK)):
                block = slice(start, min(start + BLOCK, time))
                zs = [layer[block] for layer in layers]
                grads = [slope[: len(zs[0])] for slope in slopes]
                for z, grad in zip(zs[:-1], grads[:-1], strict=True):
                    torch.addcmul(one, z, z, value=-1, out=grad)
                heads, head_grads = zs[-1].split(units, 2), grads[-1].split(units, 2)
                head_slopes(heads, None if dts is None else dts[block], ctx.gated, head_grads)
                # Only products with the gradient of h' stay in the loop; they turn each slope
                # into the gradient of its layer, in place.
                for i in reversed(range(len(zs[0]))):
                    t = start + i
                    head_slopes_at[i].mul_(spread_at[t])
                    for to_grad, from_grad, weight in chain:
                        to_grad[i].mul_(torch.mm(from_grad[i], weight))
                    before = h_grads_at[t - 1] if t else state_grad
                    if keep is None:
                        before.addmm_(slopes_at[0][i], from_state)
                    else:
                        before.addcmul_(torch.mm(slopes_at[0][i], from_state), keep[t])

                for k, (source, grad) in enumerate(zip([inputs[block], *zs], grads, strict=False)):
                    flat = grad.flatten(0, 1)
                    weight_grads[k].addmm_(flat.t(), source.flatten(0, 1))
                    bias_grads[k].add_(flat.sum(0))
                if x_grad is not None:
                    torch.matmul(grads[0], from_input, out=x_grad[block])
                if dt_grad is not None:
                    flow = head_grads[2] * heads[3]
                    dt_grad[block] = flow.sum_to_size(dt_grad[block].shape)
        return x_grad, state_grad, dt_grad, None, None, *weight_grads, *bias_grads


_tanh_backward = torch.ops.aten.tanh_backward.grad_input
_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input


def head_slopes(
    heads: Sequence[Tensor], dts: Tensor | None, gated: bool, slopes: Sequence[Tensor]
) -> None:
    """Write how each head moves h', (time, batch, units), from what the heads gave."""
    ff1, ff2, gate, *_ = heads
    _tanh_backward(1 - gate if gated else torch.ones_like(gate), ff1, grad_input=slopes[0])
    _tanh_backward(gate, ff2, grad_input=slopes[1])
    _sigmoid_backward(ff2 - ff1 if gated else ff2, gate, grad_input=slopes[2])
    if dts is not None:
        torch.mul(slopes[2], dts, out=slopes[3])
