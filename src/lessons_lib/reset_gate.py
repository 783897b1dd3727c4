"""Where a GRU's reset gate acts: after the recurrent product, or before it. Two models.

after:   u_n = r ⊙ q,   q = W_hn h_{t−1} + b_hn     torch, cuDNN, Keras' reset_after=True
before:  u_n = W_hn q,  q = r ⊙ h_{t−1}             Cho et al. as published
"""

from __future__ import annotations

from typing import Any

from ._check import arguments as validation
from .arrays import Array, sum_of_outer_products, sum_over_rows
from .masks import read, read_backward


def acts_after(reset: str) -> bool:
    """Tell "after" from "before"; reject any other word."""
    return validation.one_of("reset", reset, {"after": True, "before": False})


def blocks(W_hh: Array) -> tuple[Array, Array]:
    """Return the rows of r and z together, (2H, H), and those of n, (H, H)."""
    H = W_hh.shape[0] // 3
    return W_hh[: 2 * H], W_hh[2 * H :]


def reset_state(
    params: Any, r: Array, h_prev: Array, reset: str, mask: Array | None = None
) -> tuple[Array, Array]:
    """Return u_n, what the candidate gets from the state, and q, which its reverse needs."""
    _, W_hn = blocks(params.W_hh)
    if acts_after(reset):
        q = read(h_prev, mask) @ W_hn.T + params.b_hn
        return r * q, q
    q = r * h_prev
    return read(q, mask) @ W_hn.T, q


def reset_state_backward(
    params: Any, cache: Any, du_n: Array, reset: str, mask: Array | None = None
) -> tuple[Array, Array]:
    """Reverse `reset_state`: return dr, and what reaches the state before the step."""
    _, W_hn = blocks(params.W_hh)
    if acts_after(reset):
        return du_n * cache.q, read_backward((du_n * cache.r) @ W_hn, mask)
    dq = read_backward(du_n @ W_hn, mask)
    return dq * cache.h_prev, dq * cache.r


def reset_weight_gradients(
    h_prev: Array, r: Array, q: Array, du_n: Array, reset: str, mask: Array | None = None
) -> tuple[Array, dict[str, Array]]:
    """Return the gradients of W_hn, and of b_hn where there is one, summed over all steps."""
    if acts_after(reset):
        dq = du_n * r
        return sum_of_outer_products(dq, read(h_prev, mask)), {"b_hn": sum_over_rows(dq)}
    return sum_of_outer_products(du_n, read(q, mask)), {}
