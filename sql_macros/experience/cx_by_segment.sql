/*---
summary: Customer experience (CX) rating by segment and period.
kind: relation
grain: one row per scheme, segment and period
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Segments with fewer answers show no score."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Segments with fewer answers show no band."}
  rounding: {type: choice, choices: [none, integer], default: none, doc: "integer: band on whole percents, so that 84.5 is Excellent."}
  target: {type: number, default: 85, min: 0, max: 100, doc: "Score to reach where the mapping holds no target."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where a customer has none."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers who answered in the period."}
  answers: {type: integer, label: "Answers", unit: answers, doc: "Number of scores that the mean is over, n."}
  coverage: {type: number, unit: share, range: "[0, 1]", doc: "Rated customers / customers."}
  cx: {type: number, label: "CX, exact", unit: percent, range: "[0, 100]", doc: "Customer experience (CX) rating; null below min_n answers."}
  cx_shown: {type: number, label: CX, unit: percent, range: "[0, 100]", doc: "The same cut to one decimal: what is shown never contradicts the band."}
  ci_low: {type: number, label: "95 % from", unit: percent, doc: "Lower end of the 95 % interval; null below two answers."}
  ci_high: {type: number, label: "95 % to", unit: percent, doc: "Upper end of the 95 % interval."}
  band: {type: string, doc: "Band, see cx_band; null below min_n_band answers."}
  certainty: {type: string, label: "Band is", doc: "certain where the whole interval lies in the band, else uncertain."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden (below min_n, or to protect the one hidden segment)."}
  previous: {type: number, label: "Period before", unit: percent, doc: "Score of the period before."}
  change: {type: number, unit: points, doc: "Score less the one before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, label: "Real change?", doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  target: {type: number, unit: percent, doc: "Score to reach: the segment's, else the general one."}
  target_gap: {type: number, label: "Gap to target", unit: points, doc: "Score less target."}
source: "Sum of experience ratings / rated experiences, in percent of the scale; see docs/decisions.md#statistics."
---*/
select
    scheme,
    segment,
    period,
    period_start,
    period_age,
    customers,
    rated_customers,
    answers,
    coverage,
    score as cx,
    score_shown as cx_shown,
    ci_low,
    ci_high,
    band,
    certainty,
    reliability,
    previous,
    change,
    change_z,
    change_verdict,
    target,
    target_gap
from segment_scores(
    metric := 'experience', scheme := $scheme, period := $period, method := $method,
    unit := 'rating', bands := 'cx', rounding := $rounding,
    membership := $membership, min_n := $min_n, min_n_band := $min_n_band,
    target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
)
