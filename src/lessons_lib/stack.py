"""Several layers of any cell, in one direction or both.

Each layer reads the outputs of the one below it. A bidirectional layer has two networks with
weights of their own; the second reads each sequence from its end to its beginning, and the two
outputs of a step are concatenated. `lengths` excludes padding.

Examples
--------
>>> import numpy as np
>>> from lessons_lib import gru, stack
>>> generator = np.random.default_rng(0)
>>> params = stack.init_params(gru.CELL, 3, 5, generator, num_layers=2, bidirectional=True)
>>> x = np.ones((7, 2, 3))  # (T, N, D)
>>> y, state, cache = stack.forward(gru.CELL, params, x, lengths=[7, 4])
>>> y.shape  # both directions
(7, 2, 10)
>>> float(abs(y[4:, 1]).max())  # padding
0.0
>>> grads, dx, dstate0 = stack.backward(gru.CELL, params, cache, np.ones_like(y))
>>> grads[1][0].W_ih.shape  # of the second layer's first direction
(15, 10)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import padding, scan
from ._check import stacks as validation
from ._check.arguments import check_cell, check_sizes
from .arrays import Array, join, split, zeros_like
from .arrays import stack as stack_arrays
from .cell import Cell, State
from .masks import NO_STACK_MASKS, StackMasks, dropped

#: The parameters: layers[directions[Params]]; the gradients have the same form.
Params = tuple[tuple[Any, ...], ...]


class Trace(NamedTuple):
    """What `forward` keeps for `backward`.

    Attributes
    ----------
    x : array of shape (T, N, D)
        The input.
    lengths : array of shape (N,), or None if all are T
    layers : list of lists of padding.Trace
        One for each layer and direction.
    masks : StackMasks
        As given to `forward`.
    """

    x: Array
    lengths: np.ndarray | None
    layers: list[list[padding.Trace]]
    masks: StackMasks = NO_STACK_MASKS


def init_params(
    cell: Cell,
    input_size: int,
    hidden_size: int,
    generator: np.random.Generator,
    num_layers: int = 1,
    bidirectional: bool = False,
    **options: Any,
) -> Params:
    """Draw the parameters of every layer and direction as the cell does.

    Parameters
    ----------
    cell : Cell
    input_size, hidden_size : int
        D and H.
    generator : numpy.random.Generator
    num_layers : int, optional
    bidirectional : bool, optional
    **options
        Further arguments of the cell's `init_params`, such as the dtype.

    Returns
    -------
    tuple of layers, each a tuple of the Params of one or two directions

    Raises
    ------
    TypeError, ValueError
        As for the cell's `init_params`; also if `num_layers` is not a positive integer.
    """
    check_cell(cell)
    check_sizes(num_layers=num_layers)
    layers: list[tuple[Any, ...]] = []
    for _ in range(num_layers):
        layer = tuple(
            cell.init_params(input_size, hidden_size, generator, **options)
            for _ in range(2 if bidirectional else 1)
        )
        layers.append(layer)
        input_size = sum(cell.output_width(params) for params in layer)
    return tuple(layers)


def forward(
    cell: Cell,
    params: Params,
    x: Array,
    state: State | None = None,
    lengths: Any = None,
    masks: StackMasks = NO_STACK_MASKS,
    loop: Any = scan,
) -> tuple[Array, State, Trace]:
    """Run the layers over a batch of sequences.

    Parameters
    ----------
    cell : Cell
    params : tuple of layers, each a tuple of the Params of its directions
    x : array of shape (T, N, D)
    state : tuple of arrays of shape (layers · directions, N, H), optional
        The initial states, in torch's order: layer by layer, and in each layer the forward
        direction first. Zeros by default.
    lengths : N integers from 1 to T, optional
        The length of each sequence; T by default. What follows is padding and is not read.
    masks : StackMasks, optional
        Dropout's masks, as `sample_stack` of one of `dropout`'s variants draws them.
    loop : module, optional
        Whose `forward` and `backward` run each network: `scan`, or the faster `trace.compiled`.
        `backward` has to be given the same one.

    Returns
    -------
    y : array of shape (T, N, directions · H)
        The last layer's outputs, zeros after a sequence's end.
    state : tuple of arrays of shape (layers · directions, N, H)
        The state after each network's last step; for the reverse direction, that is x's first step.
    cache : Trace
        What `backward` needs.

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    lengths = validation.check_forward(cell, params, x, state, lengths, masks)
    if state is None:
        state = _zero_state(cell, params, x)
    networks = iter(zip(*state, strict=True))
    y, last, layers = dropped(x, masks.input(0)), [], []
    for number, layer in enumerate(params):
        outputs, traces = [], []
        for direction, weights in enumerate(layer):
            inputs = padding.reverse(y, lengths) if direction else y
            output, end, trace = padding.forward(
                cell,
                weights,
                inputs,
                next(networks),
                lengths,
                masks.network(number, direction),
                loop,
            )
            outputs.append(padding.reverse(output, lengths) if direction else output)
            last.append(end)
            traces.append(trace)
        y = dropped(join(outputs), masks.output(number))
        layers.append(traces)
    return y, _stack_states(last), Trace(x, lengths, layers, masks)


def backward(
    cell: Cell,
    params: Params,
    cache: Trace,
    dy: Array,
    dstate: State | None = None,
    loop: Any = scan,
) -> tuple[Params, Array, State]:
    """Backpropagate through `forward`, for any loss of y and the last states.

    Parameters
    ----------
    cell, params
        As given to `forward`.
    cache : Trace
        As returned by `forward`.
    dy : array of shape (T, N, directions · H)
        Gradient of the loss with respect to y; not read after a sequence's end.
    dstate : tuple of arrays of shape (layers · directions, N, H), optional
        Gradient of the loss with respect to the last states, without the part that goes through y.
    loop : module, optional
        As given to `forward`.

    Returns
    -------
    grads : tuple of layers, as `params`
    dx : array of shape (T, N, D)
    dstate0 : tuple of arrays of shape (layers · directions, N, H)

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    validation.check_backward(cell, params, cache, dy, dstate)
    if dstate is None:
        dstate = _zero_state(cell, params, cache.x)
    lengths, masks = cache.lengths, cache.masks
    networks = [*zip(*dstate, strict=True)]
    grads, first = [], []
    for number in reversed(range(len(params))):
        layer, traces = params[number], cache.layers[number]
        layer_grads, dx = [], []
        parts = split(dropped(dy, masks.output(number)), len(layer))
        for direction in reversed(range(len(layer))):
            part = padding.reverse(parts[direction], lengths) if direction else parts[direction]
            network_grads, dx_network, state0 = padding.backward(
                cell, layer[direction], traces[direction], part, networks.pop(), loop
            )
            layer_grads.append(network_grads)
            dx.append(padding.reverse(dx_network, lengths) if direction else dx_network)
            first.append(state0)
        grads.append(tuple(layer_grads[::-1]))
        dy = sum(dx[1:], start=dx[0])  # both directions have read the same
    return tuple(grads[::-1]), dropped(dy, masks.input(0)), _stack_states(first[::-1])


def _zero_state(cell: Cell, params: Params, x: Array) -> State:
    networks = len(params) * len(params[0])
    one = scan.zero_state(cell, params[0][0], x)
    return tuple(zeros_like(x, (networks, *array.shape)) for array in one)


def _stack_states(states: list[State]) -> State:
    return tuple(stack_arrays(arrays) for arrays in zip(*states, strict=True))
