"""The CfC recurrence over a whole sequence, with its derivative written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 16
"""Steps whose slopes are computed together: enough to batch, few enough to stay in cache."""


def cfc_scan(
    xs: Tensor,
    state: Tensor,
    dts: Tensor | float,
    *,
    keep: Tensor | None,
    gated: bool,
    scales: tuple[float, float],
    weights: list[Tensor],
    biases: list[Tensor],
) -> Tensor:
    """Run a CfC whose layers, from ``[x, h]`` to the heads, have a scaled tanh between them.

    Args:
        xs: (time, batch, input_size).
        state: (batch, units) state before the first step.
        dts: (time, batch, 1) elapsed time, or one number for all, which saves a head.
        keep: (time, batch, 1), 0 where the state is zeroed before the step; None for never.
        gated: True for the default mode, False for no_gate.
        scales: (outer, inner) of the backbone's activation ``outer * tanh(inner * z)``.
        weights: one (out, in) matrix a layer; the last gives ff1, ff2, time_b and time_a.
        biases: (out,), one for each layer.

    Returns:
        States after each step, (time, batch, units).
    """
    hs: Tensor = _CfCScan.apply(xs, state, dts, keep, gated, scales, *weights, *biases)
    return hs


class _CfCScan(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        xs: Tensor,
        state: Tensor,
        dts: Tensor | float,
        keep: Tensor | None,
        gated: bool,
        scales: tuple[float, float],
        *parameters: Tensor,
    ) -> Tensor:
        time, batch, input_size = xs.shape
        units = state.shape[1]
        depth = len(parameters) // 2
        weights, biases = list(parameters[:depth]), list(parameters[depth:])
        if isinstance(dts, float):
            weights[-1], biases[-1] = _fold_time(weights[-1], dts), _fold_time(biases[-1], dts)
        outer, inner = scales
        # The scales ride along as factors of the matrix products, where they are free.
        bias_scales = [inner] * (depth - 1) + [1.0]
        weight_scales = [bias_scales[0]] + [outer * scale for scale in bias_scales[1:]]
        # One buffer for [x, h] of every step: its gradient products need no joining.
        inputs = xs.new_empty(time + 1, batch, input_size + units)
        inputs[:-1, :, :input_size] = xs
        befores = inputs[..., input_size:]
        befores[0] = state
        hs = befores[1:] if keep is None else xs.new_empty(time, batch, units)
        # A layer's buffer starts as all that is known before the loop: bias, projected input.
        layers = [
            xs.new_empty(time, batch, bias.shape[0]).copy_(scale * bias)
            for scale, bias in zip(bias_scales, biases, strict=True)
        ]
        layers[0].flatten(0, 1).addmm_(
            inputs[:-1, :, :input_size].flatten(0, 1),
            weights[0][:, :input_size].t(),
            alpha=weight_scales[0],
        )
        transposed = [weights[0][:, input_size:].t().contiguous()]
        transposed += [weight.t().contiguous() for weight in weights[1:]]

        # Views are taken once for all steps: slicing inside the loop costs as much as the maths.
        chain = [
            (layer.unbind(), weight, scale)
            for layer, weight, scale in zip(layers, transposed, weight_scales, strict=True)
        ]
        heads_at, to_heads, head_scale = chain.pop()
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
            for layer_at, weight, scale in chain:
                z = layer_at[t].addmm_(z, weight, alpha=scale).tanh_()
            heads_at[t].addmm_(z, to_heads, alpha=head_scale)
            ffs_at[t].tanh_()
            if isinstance(dts, Tensor):
                gate_at[t].addcmul_(time_a_at[0][t], dts[t])
            gate_at[t].sigmoid_()
            if gated:
                h = torch.lerp(ff1_at[t], ff2_at[t], gate_at[t], out=h_at[t])
            else:
                h = torch.addcmul(ff1_at[t], ff2_at[t], gate_at[t], out=h_at[t])
        ctx.gated, ctx.weight_scales, ctx.bias_scales = gated, weight_scales, bias_scales
        ctx.regular_dt = dts if isinstance(dts, float) else None
        ctx.save_for_backward(
            inputs, None if isinstance(dts, float) else dts, keep, *layers, *weights
        )
        return hs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        inputs, dts, keep, *rest = ctx.saved_tensors
        depth = len(rest) // 2
        layers, weights = rest[:depth], rest[depth:]
        scales = ctx.weight_scales
        # Carries the gradient of h' from step to step, on top of what the output brings.
        h_grads = grad_outputs[0].clone(memory_format=torch.contiguous_format)
        time, batch, units = h_grads.shape
        input_size = inputs.shape[2] - units
        from_input, from_state = weights[0].split([input_size, units], dim=1)
        from_state = from_state.contiguous()
        state_grad = torch.zeros_like(h_grads[0])
        h_grads_at = [state_grad, *h_grads.unbind()]
        weight_grads = [torch.zeros_like(weight) for weight in weights]
        bias_grads = [weight.new_zeros(weight.shape[0]) for weight in weights]
        needs_x, needs_dt = ctx.needs_input_grad[0], ctx.needs_input_grad[2]
        x_grad = h_grads.new_empty(time, batch, input_size) if needs_x else None
        dt_grad = torch.empty_like(dts) if needs_dt else None

        for start in reversed(range(0, time, BLOCK)):
            block = slice(start, min(start + BLOCK, time))
            # How a layer moves h', for all steps of the block: only products with it stay in
            # the loop, which turn each slope into the gradient of its layer, in place.
            grads = [
                _tanh_slope(layer[block], scale)
                for layer, scale in zip(layers[:-1], scales[1:], strict=True)
            ]
            heads = layers[-1][block]
            grads.append(
                _head_slopes(heads, units, None if dts is None else dts[block], ctx.gated)
            )
            chain = [
                (to_grad.unbind(), from_grad.unbind(), weight)
                for to_grad, from_grad, weight in zip(grads, grads[1:], weights[1:], strict=False)
            ][::-1]
            first_at = grads[0].unbind()
            head_grads_at = grads[-1].unflatten(2, (-1, units)).unbind()
            for i in reversed(range(len(heads))):
                t = start + i
                head_grads_at[i].mul_(h_grads_at[t + 1].unsqueeze(1))
                for to_grad, from_grad, weight in chain:
                    to_grad[i].mul_(torch.mm(from_grad[i], weight))
                if keep is None:
                    h_grads_at[t].addmm_(first_at[i], from_state, alpha=scales[0])
                else:
                    through = torch.mm(first_at[i], from_state)
                    h_grads_at[t].addcmul_(through, keep[t], value=scales[0])

            zs = [inputs[block], *(layer[block] for layer in layers[:-1])]
            for k in range(depth):
                flat = grads[k].flatten(0, 1)
                weight_grads[k].addmm_(flat.t(), zs[k].flatten(0, 1), alpha=scales[k])
                bias_grads[k].add_(flat.sum(0), alpha=ctx.bias_scales[k])
            if x_grad is not None:
                x_grad[block] = scales[0] * (grads[0] @ from_input)
            if dt_grad is not None:
                gate_grad, time_a = grads[-1].chunk(4, dim=2)[2], heads.chunk(4, dim=2)[3]
                dt_grad[block] = (gate_grad * time_a).sum(2, keepdim=True)
        if dts is None:
            weight_grads[-1] = _unfold_time(weight_grads[-1], ctx.regular_dt)
            bias_grads[-1] = _unfold_time(bias_grads[-1], ctx.regular_dt)
        return x_grad, state_grad, dt_grad, None, None, None, *weight_grads, *bias_grads


def _fold_time(heads: Tensor, dt: float) -> Tensor:
    """Make ``time_a * dt + time_b`` one head, for a dt that never changes."""
    ff1, ff2, time_b, time_a = heads.chunk(4)
    return torch.cat([ff1, ff2, torch.add(time_b, time_a, alpha=dt)])


def _unfold_time(grad: Tensor, dt: float) -> Tensor:
    """Return the gradient of the four heads from that of the three that `_fold_time` made."""
    return torch.cat([grad, dt * grad.chunk(3)[2]])


def _head_slopes(heads: Tensor, units: int, dts: Tensor | None, gated: bool) -> Tensor:
    """Return d h' / d head, shaped like the activated ``heads`` (time, batch, heads * units)."""
    ff1, ff2, gate, *_ = heads.split(units, dim=2)
    closed = 1 - gate
    slopes = _tanh_slope(heads, 1.0)
    to_ff1, to_ff2, to_time_b, *to_time_a = slopes.split(units, dim=2)
    to_ff2.mul_(gate)
    torch.mul(gate, closed, out=to_time_b)
    if gated:
        to_ff1.mul_(closed)
        to_time_b.mul_(ff2 - ff1)
    else:
        to_time_b.mul_(ff2)
    if dts is not None:
        torch.mul(to_time_b, dts, out=to_time_a[0])
    return slopes


def _tanh_slope(y: Tensor, scale: float) -> Tensor:
    """Return ``scale`` times the slope of tanh where it has the value y."""
    return torch.mul(y, y).mul_(-scale).add_(scale)
