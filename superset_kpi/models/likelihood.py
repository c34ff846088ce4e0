"""Maximum likelihood of positive parameters on their log scale, with bounds that are reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from .arrays import FloatArray

P = TypeVar("P")

# Value, gradient `(k,)` and Hessian `(k, k)`, at parameters `(k,)`.
Slopes = tuple[float, FloatArray, FloatArray]
Differentiable = Callable[[FloatArray], Slopes]

# Of the log parameters: a factor of 7.
_LONGEST_STEP = 2.0
_ON_BOUND = 1e-9
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
    maximum. Without observations the first start comes back, with the problems that were handed in.
    """
    if observations <= 0:
        unknown = (np.nan,) * len(bounds)
        return Fit(build(*starts[0]), 0.0, unknown, 0.0, False, (), tuple(problems))
    scale = _LogScale(bounds, observations)
    raced = scale.objective(race or log_likelihood)
    runs = [_descend(raced, scale.point(start), scale, 1e-4, most=40) for start in starts]
    start, _ = min(runs, key=lambda run: run[1][0])
    point, slopes = _descend(scale.objective(log_likelihood), start, scale, 1e-13, most=200)
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

    def is_held(self, point: FloatArray, gradient: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether a parameter lies on a bound and would leave the range downhill."""
        at_lower, at_upper = point - self.lower < _ON_BOUND, self.upper - point < _ON_BOUND
        held: npt.NDArray[np.bool_] = (at_lower & (gradient > 0)) | (at_upper & (gradient < 0))
        return held

    def slope(self, point: FloatArray, gradient: FloatArray) -> float:
        """How steep it is at most, in the directions that are open."""
        return float(np.abs(np.where(self.is_held(point, gradient), 0.0, gradient)).max())

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
    objective: Differentiable, point: FloatArray, scale: _LogScale, level: float, most: int
) -> tuple[FloatArray, Slopes]:
    """Where Newton's steps between the bounds end, as log parameters `(k,)`, and the slopes there.

    That is where nothing is steeper than level, where no step leads further, or after most steps.
    A step is kept if the value falls, or else, as values stop to tell in double precision about
    four digits of the parameters too early, if the gradient shrinks.
    """
    slopes = objective(point)
    for _ in range(most):
        least, slope = slopes[0], scale.slope(point, slopes[1])
        if slope < level:
            break
        step = _step(point, slopes, scale)
        noise = 1e-12 * abs(least)
        # On level ground, where values do not tell, a shorter step is no better.
        for share in 0.25 ** np.arange(8 if slope > 1e-7 else 1):
            candidate = np.clip(point - share * step, scale.lower, scale.upper)
            found = objective(candidate)
            is_lower = found[0] < least - noise
            is_flatter = scale.slope(candidate, found[1]) < slope and found[0] < least + 100 * noise
            if is_lower or is_flatter:
                break
        else:
            break
        point, slopes = candidate, found
    return point, slopes


def _step(point: FloatArray, slopes: Slopes, scale: _LogScale) -> FloatArray:
    """What Newton takes off the point, downhill where it is not convex; up to the next bound."""
    _, gradient, hessian = slopes
    is_held = scale.is_held(point, gradient)
    for _ in point:
        free = np.flatnonzero(~is_held)
        curvature, directions = np.linalg.eigh(hessian[np.ix_(free, free)])
        step = np.zeros_like(point)
        step[free] = directions @ (
            (gradient[free] @ directions) / np.maximum(abs(curvature), 1e-12)
        )
        leaves = scale.is_held(point, step)
        if not leaves.any():
            break
        is_held |= leaves
    room = np.where(step > 0, point - scale.lower, scale.upper - point)
    crowding = np.abs(step) / np.where(is_held, np.inf, np.clip(room, 1e-300, _LONGEST_STEP))
    step /= max(1.0, crowding.max())
    return step


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
