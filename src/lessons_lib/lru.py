"""The linear recurrent unit (LRU): a diagonal linear recurrence with complex, stable eigenvalues.

    λ = exp(−exp(ν) + i exp(θ)),  so that |λ| = exp(−exp(ν)) < 1 whatever ν is
    h_t = λ ⊙ h_{t−1} + √(1 − |λ|²) ⊙ B x_t
    y_t = Re(C h_t) + D x_t

A real linear recurrence with a matrix becomes diagonal in the basis of its eigenvectors, which are
complex in general. λ does not depend on the input, unlike the gates of `min_gru`. The root keeps
the size of h independent of |λ|. There is no backward pass by hand but that of the recurrence,
`linear.scan_backward`; torch's autograd does the rest.

References
----------
Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu and De (2023), "Resurrecting recurrent neural
networks for long sequences", ICML, arXiv 2303.06349, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import linear
from ._check import arguments as validation
from .arrays import Array, array_namespace, product, zeros_like


class Params(NamedTuple):
    """The parameters; those of complex matrices are their real and imaginary parts.

    Attributes
    ----------
    nu, theta : array of shape (H,)
        Of the eigenvalues.
    B_re, B_im : array of shape (H, D)
    C_re, C_im : array of shape (K, H)
    D : array of shape (K, D)
    """

    nu: Array
    theta: Array
    B_re: Array
    B_im: Array
    C_re: Array
    C_im: Array
    D: Array


def init_params(
    input_size: int,
    hidden_size: int,
    output_size: int,
    generator: np.random.Generator,
    dtype: Any = np.float64,
    smallest: float = 0.0,
    greatest: float = 0.99,
    phase: float = np.pi,
) -> Params:
    """Draw eigenvalues uniformly from a ring in the complex plane, everything else normally.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        D, H and K.
    generator : numpy.random.Generator
    dtype : NumPy dtype, optional
    smallest, greatest : float, optional
        The bounds of |λ|, with 0 <= smallest < greatest < 1.
    phase : float, optional
        The greatest angle of λ.

    Raises
    ------
    TypeError, ValueError
        A size is not a positive integer, the generator is not a numpy.random.Generator, the dtype
        is not a floating-point dtype, or a bound is outside its range; the message names it.
    """
    validation.check_init(input_size, hidden_size, generator, dtype)
    validation.check_sizes(output_size=output_size)
    if not 0 <= smallest < greatest < 1:
        raise ValueError(
            f"smallest, greatest: got {smallest} and {greatest}, expected 0 <= smallest < "
            "greatest < 1"
        )
    if not 0 < phase <= 2 * np.pi:
        raise ValueError(f"phase: got {phase}, expected an angle from 0 to 2π")
    H, D, K = hidden_size, input_size, output_size
    area = 1 - generator.uniform(0, 1, H)  # in (0, 1], so that no eigenvalue is 0
    squared = smallest**2 + area * (greatest**2 - smallest**2)
    nu = np.log(-0.5 * np.log(squared))
    theta = np.log(phase * (1 - generator.uniform(0, 1, H)))
    B_re, B_im = generator.standard_normal((2, H, D)) / np.sqrt(2 * D)
    C_re, C_im = generator.standard_normal((2, K, H)) / np.sqrt(H)
    skip = generator.standard_normal((K, D)) / np.sqrt(D)
    return Params(*(p.astype(dtype) for p in (nu, theta, B_re, B_im, C_re, C_im, skip)))


def eigenvalues(params: Params) -> Array:
    """Return λ, of shape (H,), complex; |λ| < 1 unless exp(ν) rounds to 0."""
    xp = array_namespace(params.nu)
    size = xp.exp(-xp.exp(params.nu))
    return size * xp.exp(1j * xp.exp(params.theta))


def forward(
    params: Params,
    x: Array,
    h_0: Array | None = None,
    solve: Callable[..., Array] = linear.scan,
) -> tuple[Array, Array]:
    """Run the unit over a sequence.

    Parameters
    ----------
    params : Params
    x : array of shape (T, N, D)
    h_0 : complex array of shape (N, H), optional
        The initial state; zero by default.
    solve : callable, optional
        What computes the recurrence: `linear.scan`, `linear.loop` or `linear.chunks`.

    Returns
    -------
    y : array of shape (T, N, K)
    h : complex array of shape (T, N, H)

    Raises
    ------
    TypeError, ValueError
        An argument's type, dtype, device or shape does not fit; the message names it.
    """
    _check(params, x)
    xp = array_namespace(x)
    eigenvalue = eigenvalues(params)
    scale = xp.sqrt(1 - xp.exp(-2 * xp.exp(params.nu)))
    b = scale * product(x, params.B_re.T) + 1j * (scale * product(x, params.B_im.T))
    h = solve(zeros_like(b) + eigenvalue, b, h_0)
    y = product(xp.real(h), params.C_re.T) - product(xp.imag(h), params.C_im.T)
    return y + product(x, params.D.T), h


def _check(params: Params, x: Array) -> None:
    if type(params) is not Params:
        raise TypeError(f"params: got {validation.type_name(params)}, expected lru.Params")
    validation.check_input(x)
    for name, array in params._asdict().items():
        validation.check_array(f"params.{name}", array, x)
    if params.B_re.ndim != 2 or params.C_re.ndim != 2:
        raise ValueError("params: got a B_re or C_re that is not a matrix, expected (H, D), (K, H)")
    (H, D), K = params.B_re.shape, params.C_re.shape[0]
    shapes = {"nu": (H,), "theta": (H,), "B_im": (H, D), "D": (K, D)}
    shapes |= {"C_re": (K, H), "C_im": (K, H)}
    for name, shape in shapes.items():
        actual = tuple(getattr(params, name).shape)
        if actual != shape:
            raise ValueError(f"params.{name}: got shape {actual}, expected {shape}")
    if x.shape[2] != D:
        raise ValueError(f"x: got {x.shape[2]} features, expected {D} as in params.B_re")
