"""Gauss rules from recurrence coefficients (Golub & Welsch 1969)."""

from __future__ import annotations

import functools

import numpy as np
from scipy.linalg import eigh_tridiagonal

from .arrays import FloatArray


@functools.lru_cache(maxsize=1024)
def beta_rule(a: float, b: float, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Points in (0, 1) and weights, both `(nodes,)`, of the Gauss rule of the Beta(a, b) density.

    The weights sum to 1: the rule gives expectations under the density.
    """
    # Jacobi polynomials on (-1, 1) with exponents b - 1 at 1 and a - 1 at -1.
    k = np.arange(1, nodes)
    s = 2 * k + a + b - 2
    diagonal = np.empty(nodes)
    diagonal[0] = (a - b) / (a + b)
    diagonal[1:] = (a - b) * (a + b - 2) / (s * (s + 2))
    squares = np.empty(nodes - 1)
    # The general formula is 0/0 at k = 1 where a + b = 1.
    squares[0] = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    k, s = k[1:], s[1:]
    squares[1:] = 4 * k * (k + a - 1) * (k + b - 1) * (k + a + b - 2) / (s**2 * (s + 1) * (s - 1))
    points, vectors = eigh_tridiagonal(diagonal, np.sqrt(squares))
    # Points within rounding of 0 occur for a near 0; callers divide by them.
    rule = np.maximum((1 + points) / 2, 1e-300), vectors[0] ** 2
    for array in rule:
        array.setflags(write=False)
    return rule


def reduced_rule(
    points: FloatArray, weights: FloatArray, nodes: int
) -> tuple[FloatArray, FloatArray]:
    """The Gauss rule with fewer points that integrates polynomials of degree 2 * nodes - 1 alike.

    points and weights `(n,)` are a discrete measure with n >= nodes distinct points, weights > 0.
    The recurrence comes from the Lanczos process on the points (Gragg & Harwood 1984).
    """
    basis = np.zeros((nodes, points.size))
    diagonal = np.zeros(nodes)
    off_diagonal = np.zeros(max(nodes - 1, 0))
    vector = np.sqrt(weights / weights.sum())
    for k in range(nodes):
        basis[k] = vector
        vector = points * basis[k]
        diagonal[k] = vector @ basis[k]
        # Orthogonalised twice against all before: plain Lanczos loses digits on clustered points.
        for _ in range(2):
            vector = vector - basis[: k + 1].T @ (basis[: k + 1] @ vector)
        if k < nodes - 1:
            off_diagonal[k] = np.linalg.norm(vector)
            vector = vector / off_diagonal[k]
    if nodes == 1:
        return diagonal, np.array([weights.sum()])
    reduced, vectors = eigh_tridiagonal(diagonal, off_diagonal)
    return reduced, vectors[0] ** 2 * weights.sum()
