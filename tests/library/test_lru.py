"""The linear recurrent unit: equal to its definition, stable, and able to learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from registry import D, H, N

from lessons_lib import linear, lru
from lessons_lib.verify.gradients import numerical_gradient, relative_difference

T, K = 30, 2


def drawn(seed: int = 0, **options: float) -> tuple[lru.Params, np.ndarray]:
    rng = np.random.default_rng(seed)
    return lru.init_params(D, H, K, rng, **options), rng.standard_normal((T, N, D))


@pytest.mark.parametrize("solve", [linear.scan, linear.loop, linear.chunks])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_it_is_the_papers_equation(solve, library):
    params, x = drawn()
    h_0 = np.random.default_rng(1).standard_normal((N, 2 * H)).view(complex)
    eigenvalue = np.exp(-np.exp(params.nu) + 1j * np.exp(params.theta))
    B, C = params.B_re + 1j * params.B_im, params.C_re + 1j * params.C_im
    h, expected, states = h_0, [], []
    for x_t in x:
        h = eigenvalue * h + np.sqrt(1 - np.abs(eigenvalue) ** 2) * (x_t @ B.T)
        states.append(h)
        expected.append((h @ C.T).real + x_t @ params.D.T)
    if library == "torch":
        tensors = lru.Params(*map(torch.from_numpy, params))
        y, h_all = lru.forward(tensors, torch.from_numpy(x), torch.from_numpy(h_0), solve)
        assert h_all.dtype == torch.complex128
    else:
        y, h_all = lru.forward(params, x, h_0, solve)
        assert h_all.dtype == np.complex128
    assert relative_difference(np.asarray(y), np.stack(expected)) < 1e-12
    assert relative_difference(np.asarray(h_all), np.stack(states)) < 1e-12


def test_it_is_stable_whatever_its_parameters_are():
    params, _ = drawn()
    for scale in (1, 3, 10):
        rng = np.random.default_rng(scale)
        wild = params._replace(nu=scale * rng.standard_normal(H), theta=rng.standard_normal(H))
        assert (np.abs(lru.eigenvalues(wild)) < 1).all()


def test_the_ring_of_eigenvalues():
    params = lru.init_params(1, 4000, 1, np.random.default_rng(0), smallest=0.6, greatest=0.9)
    size, angle = np.abs(lru.eigenvalues(params)), np.angle(lru.eigenvalues(params))
    assert ((size > 0.6) & (size < 0.9)).all()
    assert abs(np.mean(size**2) - (0.6**2 + 0.9**2) / 2) < 0.01, "uniform in area"
    assert ((angle > 0) & (angle <= np.pi)).all()


def test_autograd_equals_finite_differences_and_the_backward_pass_by_hand():
    params, x = drawn()
    dy = np.random.default_rng(2).standard_normal((T, N, K))
    leaves = lru.Params(*(torch.tensor(p, requires_grad=True) for p in params))
    y, h = lru.forward(leaves, torch.from_numpy(x))
    h.retain_grad()
    (y * torch.from_numpy(dy)).sum().backward()

    def loss() -> float:
        return float((lru.forward(params, x)[0] * dy).sum())

    for array, leaf in zip(params, leaves, strict=True):
        assert relative_difference(leaf.grad.numpy(), numerical_gradient(loss, array)) < 1e-6
    # by hand: the read-out's gradient, the scan from the end, and B
    dy_h = dy @ (params.C_re - 1j * params.C_im)
    eigenvalue = np.broadcast_to(lru.eigenvalues(params), h.shape).copy()
    _, db, _ = linear.scan_backward(eigenvalue, h.detach().numpy(), dy_h)
    size = np.sqrt(1 - np.abs(lru.eigenvalues(params)) ** 2)
    dB = np.einsum("tnh,tnd->hd", size * db, x)
    assert relative_difference(dB.real, leaves.B_re.grad.numpy()) < 1e-10
    assert relative_difference(dB.imag, leaves.B_im.grad.numpy()) < 1e-10


def test_it_learns_a_damped_oscillation():
    """From an impulse it has to produce 0.95ᵗ cos(t / 2), an eigenvalue it was not given."""
    rng = np.random.default_rng(0)
    t = np.arange(60)
    target = torch.from_numpy(0.95**t * np.cos(t / 2))
    x = torch.zeros(60, 1, 1, dtype=torch.float64)
    x[0] = 1
    start = lru.init_params(1, 4, 1, rng, smallest=0.5, greatest=0.9)
    params = lru.Params(*(torch.tensor(p, requires_grad=True) for p in start))
    optimizer = torch.optim.Adam(params, lr=0.02)
    for _ in range(600):
        y, _ = lru.forward(params, x)
        loss = ((y[:, 0, 0] - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-3 * (target**2).mean().item()
    assert (lru.eigenvalues(params).abs() < 1).all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"nu": np.zeros(H + 1)}, ValueError, r"^params.nu: got shape \(6,\), expected \(5,\)"),
        ({"B_re": np.zeros(H)}, ValueError, r"^params: got a B_re or C_re that is not a matrix"),
        ({"D": np.zeros((K, D), np.float32)}, TypeError, r"^params.D: got dtype float32, expected"),
    ],
)
def test_errors_name_the_parameter(change, error, message):
    params, x = drawn()
    with pytest.raises(error, match=message):
        lru.forward(params._replace(**change), x)


def test_errors_of_the_input_and_of_the_drawing():
    params, x = drawn()
    with pytest.raises(ValueError, match=r"^x: got 3 features, expected 4 as in params.B_re"):
        lru.forward(params, x[..., 1:])
    with pytest.raises(TypeError, match=r"^params: got tuple, expected lru.Params"):
        lru.forward(tuple(params), x)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"^smallest, greatest: got 0.9 and 0.5"):
        lru.init_params(D, H, K, rng, smallest=0.9, greatest=0.5)
    with pytest.raises(ValueError, match=r"^phase: got 0, expected"):
        lru.init_params(D, H, K, rng, phase=0)
