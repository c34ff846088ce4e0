/*---
summary: Customer perceived value beside satisfaction by segment and period, each with its interval.
grain: one row per scheme, segment and period in which somebody rated both
args: [
  scheme, period, method,
  unit: {type: choice, choices: [latest, mean], default: latest, doc: "One value per rated customer: the latest valid rating of the period and cycle, or their mean."},
  membership, min_n, min_n_band, as_of, fiscal_shift]
returns: [
  scheme, segment, period, period_start, period_age,
  answers: {range: "[0, inf)", doc: "Number of value ratings that CPV is over."},
  satisfaction_answers: {type: integer, unit: answers, range: "[0, inf)", doc: "Number of satisfaction ratings."},
  cpv: {doc: "Customer perceived value, see cpv_by_segment; null where hidden."},
  cpv_shown,
  cpv_low: {type: number, unit: percent, doc: "Lower end of its 95 % interval."},
  cpv_high: {type: number, unit: percent, doc: "Upper end of its 95 % interval."},
  cpv_band: {type: string, doc: "Band of CPV; null below min_n_band answers."},
  satisfaction: {type: number, unit: percent, range: "[0, 100]", doc: "Mean satisfaction in percent of its scale; null where hidden."},
  satisfaction_shown: {type: number, unit: percent, range: "[0, 100]", doc: "The same cut to one decimal."},
  satisfaction_low: {type: number, unit: percent, doc: "Lower end of its 95 % interval."},
  satisfaction_high: {type: number, unit: percent, doc: "Upper end of its 95 % interval."},
  liked_beyond_price: {type: number, unit: points, doc: "Satisfaction less CPV. Both come from the same customers, so that their intervals give none for it."},
  reliability: {doc: "That of the score with the fewer answers: reliable, directional or hidden, see cpv_by_segment."}]
source: "Both in percent of their scale, one answer per rated customer; see docs/decisions.md#statistics."
---*/
select
    v.scheme,
    v.segment,
    v.period,
    v.period_start,
    v.period_age,
    v.answers,
    s.answers as satisfaction_answers,
    v.cpv,
    v.cpv_shown,
    v.ci_low as cpv_low,
    v.ci_high as cpv_high,
    v.band as cpv_band,
    s.score as satisfaction,
    s.score_shown as satisfaction_shown,
    s.ci_low as satisfaction_low,
    s.ci_high as satisfaction_high,
    s.score - v.cpv as liked_beyond_price,
    case
        when v.reliability = 'hidden' or s.reliability = 'hidden' then 'hidden'
        when v.reliability = 'directional' or s.reliability = 'directional' then 'directional'
        else 'reliable'
    end as reliability
from
    cpv_by_segment(
        scheme := $scheme, period := $period, method := $method, unit := $unit, membership := $membership,
        min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of, fiscal_shift := $fiscal_shift
    ) as v
inner join
    segment_scores(
        metric := 'satisfaction', bands := 'none', scheme := $scheme, period := $period, method := $method, unit := $unit,
        membership := $membership, min_n := $min_n, min_n_band := $min_n_band, as_of := $as_of, fiscal_shift := $fiscal_shift
    ) as s
    on v.scheme = s.scheme and v.segment = s.segment and v.period_start = s.period_start
