"""Maximum likelihood of positive parameters on their log scale, with bounds that are reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy.optimize import minimize

from .arrays import FloatArray

P = TypeVar("P")

# Value and gradient `(k,)` at parameters `(k,)`.
Differentiable = Callable[[FloatArray], tuple[float, FloatArray]]

_STEP = 1e-4
# Information on the log scale below which a parameter may be 20,000 times larger or smaller.
_LEAST_INFORMATION = 0.01
# Relative standard error beyond which a parameter may as well be 50 times larger or smaller.
_MOST_LOG_ERROR = 2.0


@dataclass(frozen=True)
class Bound:
    """One parameter: where the search stops, in multiples of unit above least, and what that means.

    at_low and at_high complete the sentence "b stopped at its lower bound, ...".
    """

    name: str
    low: float
    high: float
    at_low: str
    at_high: str
    unit: float = 1.0
    least: float = 0.0


@dataclass(frozen=True)
class Fit(Generic[P]):
    """Fitted parameters and how far to trust them; problems are sentences, empty when all is well.

    standard_errors follow the order of the parameters and come from the observed information; nan
    where a parameter stopped at a bound or is not determined by the data.
    """

    parameters: P
    log_likelihood: float
    standard_errors: tuple[float, ...]
    observations: float
    is_converged: bool
    at_bounds: tuple[str, ...]
    problems: tuple[str, ...]


def maximise(
    title: str,
    build: Callable[..., P],
    log_likelihood: Differentiable,
    bounds: Sequence[Bound],
    starts: Sequence[Sequence[float]],
    observations: float,
    problems: Sequence[str] = (),
    race: Differentiable | None = None,
) -> Fit[P]:
    """The best fit between the bounds, reached from the start that does best in a short race.

    log_likelihood takes the parameters themselves. race is a cheaper one with about the same
    maximum, for choosing among the starts. Without observations the first start comes back, with
    the problems that were handed in.
    """
    if observations <= 0:
        unknown = (np.nan,) * len(bounds)
        return Fit(build(*starts[0]), 0.0, unknown, 0.0, False, (), tuple(problems))
    scale = _LogScale(bounds, observations)
    point = _best_of(scale, log_likelihood, race or log_likelihood, starts)
    objective = scale.objective(log_likelihood)
    point, is_flat = _polish(objective, point, scale)
    value, _ = objective(point)
    log_errors = _log_errors(objective, point, scale)
    values, sides = scale.values(point), scale.sides(point)
    return Fit(
        parameters=build(*(float(v) for v in values)),
        log_likelihood=-value * observations,
        standard_errors=tuple(float(e) for e in log_errors * (values - scale.least)),
        observations=observations,
        is_converged=is_flat,
        at_bounds=tuple(b.name for b, side in zip(bounds, sides, strict=True) if side),
        problems=(*problems, *_findings(title, bounds, values, sides, log_errors, is_flat)),
    )


class _LogScale:
    """The way between parameters and the log parameters that the optimiser moves."""

    def __init__(self, bounds: Sequence[Bound], observations: float) -> None:
        self.unit = np.array([bound.unit for bound in bounds])
        self.least = np.array([bound.least for bound in bounds])
        self.lower = np.log([bound.low for bound in bounds])
        self.upper = np.log([bound.high for bound in bounds])
        self.observations = observations

    def values(self, point: FloatArray) -> FloatArray:
        values: FloatArray = self.least + np.exp(point) * self.unit
        return values

    def point(self, values: Sequence[float]) -> FloatArray:
        log = np.log((np.asarray(values) - self.least) / self.unit)
        point: FloatArray = np.clip(log, self.lower, self.upper)
        return point

    def sides(self, point: FloatArray) -> tuple[str, ...]:
        """'lower' or 'upper' for a parameter at its bound, else ''."""
        return tuple(
            "lower" if p - low < 1e-6 else "upper" if high - p < 1e-6 else ""
            for p, low, high in zip(point, self.lower, self.upper, strict=True)
        )

    def free(self, point: FloatArray) -> list[int]:
        """Indices of the parameters that do not lie on a bound."""
        return [i for i, side in enumerate(self.sides(point)) if not side]

    def objective(self, log_likelihood: Differentiable) -> Differentiable:
        """The negative log-likelihood per observation, by the log parameters."""

        def negative(point: FloatArray) -> tuple[float, FloatArray]:
            values = self.values(point)
            value, gradient = log_likelihood(values)
            by_log = gradient * (values - self.least)
            return -value / self.observations, -by_log / self.observations

        return negative


def _best_of(
    scale: _LogScale,
    log_likelihood: Differentiable,
    race: Differentiable,
    starts: Sequence[Sequence[float]],
) -> FloatArray:
    """The log parameters `(k,)` where L-BFGS-B ends from the best start."""

    def run(
        function: Differentiable, start: FloatArray, **options: float
    ) -> tuple[float, FloatArray]:
        result = minimize(
            scale.objective(function),
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(scale.lower, scale.upper, strict=True)),
            options=options,
        )
        return float(result.fun), np.asarray(result.x, dtype=np.float64)

    runs = [run(race, scale.point(start), maxiter=40) for start in starts]
    _, best = min(runs, key=lambda result: result[0])
    return run(log_likelihood, best, maxiter=500, maxfun=2000, ftol=1e-14, gtol=1e-9)[1]


def _hessian(objective: Differentiable, point: FloatArray, free: list[int]) -> FloatArray:
    """Second derivatives over the free parameters, from central differences of the gradient."""
    hessian = np.empty((len(free), len(free)))
    for row, i in enumerate(free):
        step = np.zeros_like(point)
        step[i] = _STEP
        difference = objective(point + step)[1] - objective(point - step)[1]
        hessian[row] = difference[free] / (2 * _STEP)
    symmetric: FloatArray = (hessian + hessian.T) / 2
    return symmetric


def _polish(
    objective: Differentiable, point: FloatArray, scale: _LogScale
) -> tuple[FloatArray, bool]:
    """A few Newton steps, each kept only if the gradient shrinks; and whether it has vanished.

    L-BFGS stops when the likelihood no longer moves in double precision, about four digits of the
    parameters too early.
    """
    value, gradient = objective(point)
    for _ in range(10):
        free = scale.free(point)
        if not free or np.abs(gradient[free]).max() < 1e-13:
            break
        curvature, directions = np.linalg.eigh(_hessian(objective, point, free))
        # Along a direction that the data leaves open there is nowhere to go.
        steep = curvature > 1e-9
        step = directions[:, steep] @ ((gradient[free] @ directions[:, steep]) / curvature[steep])
        candidate = point.copy()
        candidate[free] -= step
        candidate = np.clip(candidate, scale.lower, scale.upper)
        new_value, new_gradient = objective(candidate)
        is_better = np.abs(new_gradient[free]).max() < np.abs(gradient[free]).max()
        if not is_better or new_value > value + 1e-12 * abs(value):
            break
        point, value, gradient = candidate, new_value, new_gradient
    free = scale.free(point)
    return point, not free or bool(np.abs(gradient[free]).max() < 1e-6)


def _log_errors(objective: Differentiable, point: FloatArray, scale: _LogScale) -> FloatArray:
    """Standard errors of the log parameters, which are the relative errors of the parameters."""
    errors = np.full(point.size, np.nan)
    free = scale.free(point)
    if not free:
        return errors
    hessian = _hessian(objective, point, free) * scale.observations
    information, directions = np.linalg.eigh(hessian)
    is_known = information > _LEAST_INFORMATION
    variances = (directions[:, is_known] ** 2 / information[is_known]).sum(axis=1)
    # A parameter that leans on a direction without information has no finite error.
    is_determined = (np.abs(directions[:, ~is_known]) < 1e-3).all(axis=1)
    errors[free] = np.where(is_determined, np.sqrt(variances), np.nan)
    return errors


def _findings(
    title: str,
    bounds: Sequence[Bound],
    values: FloatArray,
    sides: Sequence[str],
    log_errors: FloatArray,
    is_flat: bool,
) -> list[str]:
    """What a reader of the parameters has to know, one sentence and one advice each."""
    findings = []
    for bound, value, side, error in zip(bounds, values, sides, log_errors, strict=True):
        if side:
            meaning = bound.at_low if side == "lower" else bound.at_high
            findings.append(
                f"{title} fit: {bound.name} stopped at its {side} bound {value:.4g}, {meaning}. "
                "Read the forecast with care or fit a longer history."
            )
        elif np.isnan(error):
            findings.append(
                f"{title} fit: the data does not determine {bound.name}, {value:.4g} is one of "
                "many values. Read the forecast with care or fit a longer history."
            )
        elif error > _MOST_LOG_ERROR:
            findings.append(
                f"{title} fit: the data hardly determines {bound.name}, {value:.4g} has a standard "
                f"error of {error * (value - bound.least):.4g}. Read the forecast with care or fit "
                "a longer history."
            )
    if not is_flat:
        findings.append(
            f"{title} fit: the search ended before the best parameters. "
            "Fit other customers or another period, and compare."
        )
    return findings
