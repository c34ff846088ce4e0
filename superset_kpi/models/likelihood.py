"""Maximum likelihood of positive parameters on their log scale, with bounds that are reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from scipy.optimize import minimize

from .arrays import FloatArray

P = TypeVar("P")

# Value, gradient `(k,)` and Hessian `(k, k)`, at parameters `(k,)`.
Slopes = tuple[float, FloatArray, FloatArray]
Differentiable = Callable[[FloatArray], Slopes]

# Slope of the negative log-likelihood per observation below which a point is taken for the best.
_LEAST_SLOPE = 1e-9
_LEAST_CURVATURE = 1e-9
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
    maximum. Newton's steps lead from there to the best point; where they do not, as on the flat
    ridges of data that leaves a parameter open, L-BFGS-B goes first. Without observations the
    first start comes back, with the problems that were handed in.
    """
    if observations <= 0:
        unknown = (np.nan,) * len(bounds)
        return Fit(build(*starts[0]), 0.0, unknown, 0.0, False, (), tuple(problems))
    scale = _LogScale(bounds, observations)
    raced = scale.objective(race or log_likelihood)
    runs = [_descend(raced, scale.point(start), scale, maxiter=40) for start in starts]
    objective = scale.objective(log_likelihood)
    point, slopes = _polish(objective, min(runs, key=lambda run: run[0])[1], scale)
    if not _is_best(point, slopes, scale):
        exact = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-14, "gtol": _LEAST_SLOPE}
        point, slopes = _polish(objective, _descend(objective, point, scale, **exact)[1], scale)
    value, gradient, hessian = slopes
    free = scale.free(point)
    is_flat = not free or bool(np.abs(gradient[free]).max() < 1e-6)
    log_errors = _log_errors(hessian * observations, free)
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

        def negative(point: FloatArray) -> Slopes:
            values = self.values(point)
            value, gradient, hessian = log_likelihood(values)
            by_log = values - self.least
            hessian = hessian * np.outer(by_log, by_log) + np.diag(gradient * by_log)
            n = -self.observations
            return float(value / n), gradient * by_log / n, hessian / n

        return negative


def _descend(
    objective: Differentiable, start: FloatArray, scale: _LogScale, **options: float
) -> tuple[float, FloatArray]:
    """The value and the log parameters `(k,)` where L-BFGS-B ends."""
    result = minimize(
        lambda point: objective(point)[:2],
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(scale.lower, scale.upper, strict=True)),
        options=options,
    )
    return float(result.fun), np.asarray(result.x, dtype=np.float64)


def _polish(
    objective: Differentiable, point: FloatArray, scale: _LogScale
) -> tuple[FloatArray, Slopes]:
    """A few Newton steps, each kept only if the gradient shrinks; and the slopes at the last.

    L-BFGS stops when the likelihood no longer moves in double precision, about four digits of the
    parameters too early.
    """
    value, gradient, hessian = objective(point)
    for _ in range(10):
        free = scale.free(point)
        if not free or np.abs(gradient[free]).max() < 1e-13:
            break
        curvature, directions = np.linalg.eigh(hessian[np.ix_(free, free)])
        # Along a direction that the data leaves open there is nowhere to go.
        steep = curvature > _LEAST_CURVATURE
        step = directions[:, steep] @ ((gradient[free] @ directions[:, steep]) / curvature[steep])
        candidate = point.copy()
        candidate[free] -= step
        candidate = np.clip(candidate, scale.lower, scale.upper)
        new_value, new_gradient, new_hessian = objective(candidate)
        is_better = np.abs(new_gradient[free]).max() < np.abs(gradient[free]).max()
        if not is_better or new_value > value + 1e-10 * abs(value):
            break
        point, value, gradient, hessian = candidate, new_value, new_gradient, new_hessian
    return point, (value, gradient, hessian)


def _is_best(point: FloatArray, slopes: Slopes, scale: _LogScale) -> bool:
    """Whether nothing better lies nearby: off all bounds, level, and curved in every direction."""
    _, gradient, hessian = slopes
    return (
        len(scale.free(point)) == point.size
        and bool(np.abs(gradient).max() < _LEAST_SLOPE)
        and bool(np.linalg.eigvalsh(hessian)[0] > _LEAST_CURVATURE)
    )


def _log_errors(information: FloatArray, free: list[int]) -> FloatArray:
    """Standard errors of the log parameters, which are the relative errors of the parameters.

    information `(k, k)` is the Hessian of the negative log-likelihood by them.
    """
    errors = np.full(len(information), np.nan)
    if not free:
        return errors
    values, directions = np.linalg.eigh(information[np.ix_(free, free)])
    is_known = values > _LEAST_INFORMATION
    variances = (directions[:, is_known] ** 2 / values[is_known]).sum(axis=1)
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
