"""The recurrence of a CfC with an LSTM memory over a whole sequence, its derivative by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ._cfc_scan import Layer, head_slopes


def mixed_scan(
    gates: Tensor,
    known: Tensor,
    state: Tensor,
    dts: Tensor | None,
    *,
    keep: Tensor | None,
    gated: bool,
    recurrent: Tensor,
    layers: list[Layer],
) -> tuple[Tensor, Tensor]:
    """Run an LSTM memory and a CfC whose layers have a plain tanh between them.

    Args:
        gates: (time, batch, 4 * units) what inputs and biases bring to value, write, keep and
            read of the memory.
        known: (time, batch, width) what they bring to the first of the layers.
        state: (batch, 2 * units) h then c before the first step.
        dts: (time, batch, 1) elapsed time; None where it is in the heads already.
        keep: (time, batch, 1), 0 where the state is zeroed before the step; None for never.
        gated: True for the default mode of a CfC, False for no_gate.
        recurrent: (4 * units, units) from h to the gates.
        layers: weights from the memory's h on, and biases, of which the first is in ``known``.

    Returns:
        h after each step, (time, batch, units), and the last c.
    """
    weights, biases = zip(*layers, strict=True)
    h, c = state.to(known.dtype).chunk(2, dim=1)
    rest = (dts, keep, gated, recurrent, *weights, *biases[1:])
    hs, c = _MixedScan.apply(gates, known, h, c, *rest)
    return hs, c


class _MixedScan(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any,
        gates: Tensor,
        known: Tensor,
        h: Tensor,
        c: Tensor,
        dts: Tensor | None,
        keep: Tensor | None,
        gated: bool,
        recurrent: Tensor,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor]:
        time, batch, units = len(gates), *h.shape
        depth = (len(parameters) + 1) // 2
        weights, biases = parameters[:depth], parameters[depth:]
        gates = gates.clone(memory_format=torch.contiguous_format)
        layers = [known.clone(memory_format=torch.contiguous_format)]
        layers += [bias.expand(time, batch, -1).contiguous() for bias in biases]
        hs, befores_h, befores_c, tanh_c, memories = known.new_empty(5, time, batch, units)
        to_gates, *transposed = [w.t().contiguous() for w in (recurrent, *weights)]
        with torch.inference_mode():
            # Views are taken once for all steps: slicing in the loop costs as much as the maths.
            gates_at, befores_at, cs_at, tanh_at, memory_at, h_at = (
                v.unbind() for v in (gates, befores_h, befores_c, tanh_c, memories, hs)
            )
            value_at, opened_at = (v.unbind() for v in gates.split([units, 3 * units], dim=2))
            write_at, hold_at, read_at = (v.unbind() for v in gates[..., units:].chunk(3, dim=2))
            *chain, (heads_at, to_heads) = list(
                zip([layer.unbind() for layer in layers], transposed, strict=True)
            )
            ffs_at = layers[-1][..., : 2 * units].unbind()
            ff1_at, ff2_at, gate_at, *time_a_at = (
                head.unbind() for head in layers[-1].split(units, dim=2)
            )
            for t in range(time):
                h = befores_at[t].copy_(h if keep is None else h * keep[t])
                c = cs_at[t].copy_(c if keep is None else c * keep[t])
                gates_at[t].addmm_(h, to_gates)
                value_at[t].tanh_()
                opened_at[t].sigmoid_()
                c = (hold_at[t] * c).addcmul_(write_at[t], value_at[t])
                torch.tanh(c, out=tanh_at[t])
                z = torch.mul(read_at[t], tanh_at[t], out=memory_at[t])
                for layer_at, weight in chain:
                    z = layer_at[t].addmm_(z, weight).tanh_()
                heads_at[t].addmm_(z, to_heads)
                ffs_at[t].tanh_()
                if dts is not None:
                    gate_at[t].addcmul_(time_a_at[0][t], dts[t])
                gate_at[t].sigmoid_()
                if gated:
                    h = torch.lerp(ff1_at[t], ff2_at[t], gate_at[t], out=h_at[t])
                else:
                    h = torch.addcmul(ff1_at[t], ff2_at[t], gate_at[t], out=h_at[t])
        ctx.gated = gated
        kept = (gates, befores_h, befores_c, tanh_c, memories)
        ctx.save_for_backward(dts, keep, recurrent, *kept, *layers, *weights)
        return hs, c.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        dts, keep, recurrent, gates, befores_h, befores_c, tanh_c, memories, *rest = (
            ctx.saved_tensors
        )
        depth = len(rest) // 2
        layers, weights = rest[:depth], rest[depth:]
        time, batch, units = memories.shape
        h_grads = grads[0].clone(memory_format=torch.contiguous_format)
        h_grad, c_grad = torch.zeros_like(h_grads[0]), grads[1].clone()
        with torch.inference_mode():
            value, write, hold, read = gates.chunk(4, dim=2)
            # How c moves value, write and keep, how the memory's h moves read and c.
            slopes = torch.cat(
                [
                    write * (1 - value * value),
                    value * write * (1 - write),
                    befores_c * hold * (1 - hold),
                    tanh_c * read * (1 - read),
                ],
                dim=2,
            ).view(time, batch, 4, units)
            by_c = read * (1 - tanh_c * tanh_c)
            gate_grads = gates.new_empty(time, batch, 4, units)
            layer_grads = [1 - z * z for z in layers[:-1]] + [torch.empty_like(layers[-1])]
            heads, head_grads = (v.split(units, dim=2) for v in (layers[-1], layer_grads[-1]))
            head_slopes(heads, dts, ctx.gated, head_grads)
            by_heads_at = layer_grads[-1].unflatten(2, (-1, units)).unbind()
            grads_at = [grad.unbind() for grad in layer_grads]
            chain = list(zip(grads_at, grads_at[1:], weights[1:], strict=False))[::-1]
            by_c_at, hold_at = by_c.unbind(), hold.unbind()
            of_c_at, of_m_at = slopes[:, :, :3].unbind(), slopes[:, :, 3].unbind()
            gate_grad = gate_grads.flatten(2)
            gates_at, to_c_at, to_m_at = (
                v.unbind() for v in (gate_grad, gate_grads[:, :, :3], gate_grads[:, :, 3])
            )
            for t in reversed(range(time)):
                h_grad.add_(h_grads[t])
                by_heads_at[t].mul_(h_grad[:, None])
                for to_grad, from_grad, weight in chain:
                    to_grad[t].mul_(torch.mm(from_grad[t], weight))
                m_grad = torch.mm(grads_at[0][t], weights[0])
                c_grad.addcmul_(m_grad, by_c_at[t])
                torch.mul(of_c_at[t], c_grad[:, None], out=to_c_at[t])
                torch.mul(of_m_at[t], m_grad, out=to_m_at[t])
                c_grad.mul_(hold_at[t])
                torch.mm(gates_at[t], recurrent, out=h_grad)
                if keep is not None:
                    c_grad.mul_(keep[t])
                    h_grad.mul_(keep[t])
            recurrent_grad = gate_grad.flatten(0, 1).t() @ befores_h.flatten(0, 1)
            sources = [memories, *layers[:-1]]
            flat = [grad.flatten(0, 1) for grad in layer_grads]
            weight_grads = [
                grad.t() @ source.flatten(0, 1) for grad, source in zip(flat, sources, strict=True)
            ]
            bias_grads = [grad.sum(0) for grad in flat[1:]]
        to_inputs = (gate_grad, layer_grads[0], h_grad, c_grad)
        return *to_inputs, None, None, None, recurrent_grad, *weight_grads, *bias_grads
