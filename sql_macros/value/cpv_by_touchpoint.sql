/*---
summary: Customer perceived value (CPV) by touchpoint, segment and period.
kind: relation
grain: one row per scheme, segment, touchpoint and period
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "One value per rated customer and touchpoint: the latest valid rating of the period and cycle, or their mean."}
  denominator: {type: choice, choices: [rated_customers, ratings, all_customers], default: rated_customers, doc: "What the sum of ratings is divided by; all_customers counts who did not answer as 0."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Segments with fewer answers show no score."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Segments with fewer answers show no band."}
  target: {type: number, default: 80, min: 0, max: 100, doc: "Score to reach where the mapping holds no target."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where a customer has none."}
  touchpoint: {type: string, doc: "Touchpoint where the rating was given; 'Not stated' where it names none. Without an answer there is no row."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers who answered at the touchpoint in the period."}
  answers: {type: integer, unit: answers, doc: "Number of scores that the mean is over, n."}
  coverage: {type: number, unit: share, range: "[0, 1]", doc: "Rated customers / customers."}
  cpv: {type: number, unit: percent, range: "[0, 100]", doc: "Customer perceived value (CPV); null below min_n answers."}
  cpv_shown: {type: number, unit: percent, range: "[0, 100]", doc: "The same cut to one decimal: what is shown never contradicts the band."}
  ci_low: {type: number, unit: percent, doc: "Lower end of the 95 % interval; null below two answers."}
  ci_high: {type: number, unit: percent, doc: "Upper end of the 95 % interval."}
  band: {type: string, doc: "Band, see cpv_band; null below min_n_band answers."}
  certainty: {type: string, doc: "certain where the whole interval lies in the band, else uncertain."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden (below min_n, or to protect the one hidden segment)."}
  previous: {type: number, unit: percent, doc: "Score of the period before."}
  change: {type: number, unit: points, doc: "Score less the one before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  target: {type: number, unit: percent, doc: "Score to reach: the segment's, else the general one."}
  target_gap: {type: number, unit: points, doc: "Score less target."}
source: "Sum of value ratings / rated customers, in percent of the scale; see docs/decisions.md#statistics."
---*/
select
    scheme,
    segment,
    part as touchpoint,
    period,
    period_start,
    period_age,
    customers,
    rated_customers,
    answers,
    coverage,
    score as cpv,
    score_shown as cpv_shown,
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
from
    segment_scores(
        metric := 'value', scheme := $scheme, period := $period, method := $method,
        unit := case when $denominator = 'ratings' then 'rating' else $unit end,
        denominator := case when $denominator = 'all_customers' then 'all_customers' else 'answers' end,
        bands := 'cpv', dimension := touchpoint,
        membership := $membership, parts := 'of_total', min_n := $min_n, min_n_band := $min_n_band,
        target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
    )
where answers > 0
