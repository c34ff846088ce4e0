/*---
summary: Customer satisfaction (CSAT), the share of ratings in the top boxes, by segment and period.
kind: relation
grain: one row per scheme, segment and period
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  metric: {type: choice, choices: [csat, satisfaction], default: csat, doc: "Which ratings."}
  boxes: {type: integer, default: null, min: 1, max: 10, doc: "How many of the highest ratings are the top boxes; null for those of the scale: top_from of the mapping, else the highest of up to three ratings, the two highest of four to eleven, the top 40 % of a finer scale, so 4 and 5 of 1 to 5."}
  unit: {type: choice, choices: [rating, latest], default: rating, doc: "rating: every valid rating counts; latest: the latest one of a customer, period and cycle."}
  membership: {type: choice, choices: [as_of_response, current], default: as_of_response, doc: "Segment on the day of the response, or on as_of."}
  min_n: {type: integer, default: 10, min: 1, doc: "Segments with fewer answers show no score."}
  min_n_band: {type: integer, default: 30, min: 1, doc: "Segments with fewer answers are directional: their change is not judged."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' where a customer has none. Every segment with customers has a row in each period in which anybody answered."}
  period: {type: string, doc: "Name of the period."}
  period_start: {type: date, doc: "First day of the period."}
  period_age: {type: integer, range: "[-1, inf)", doc: "0: newest complete period; 1: the one before; -1: the running one."}
  customers: {type: integer, unit: customers, doc: "Customers in the segment at the period's end."}
  rated_customers: {type: integer, unit: customers, doc: "Customers who answered in the period."}
  answers: {type: integer, label: "Answers", unit: answers, doc: "Number of valid ratings, n."}
  coverage: {type: number, unit: share, range: "[0, 1]", doc: "Rated customers / customers."}
  satisfied: {type: integer, unit: answers, doc: "Ratings in the top boxes; null where hidden, as all that follow."}
  csat: {type: number, label: CSAT, unit: percent, range: "[0, 100]", doc: "Weighted share of ratings in the top boxes."}
  ci_low: {type: number, label: "95 % from", unit: percent, range: "[0, 100]", doc: "Lower end of the 95 % interval, see wilson_low."}
  ci_high: {type: number, label: "95 % to", unit: percent, range: "[0, 100]", doc: "Upper end of the 95 % interval, see wilson_high."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden (below min_n, or to protect the one hidden segment)."}
  previous: {type: number, label: "Period before", unit: percent, doc: "The same in the period before."}
  change: {type: number, unit: points, doc: "Less the period before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, label: "Real change?", doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  csat_sum: {type: number, doc: "Sum of weight * CSAT, for the CSAT of several rows, see pooled; hidden segments have their part of the sum of all hidden ones."}
  answer_weight: {type: number, doc: "Sum of the weights."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments of the scheme and period; null where not hidden."}
source: "The top two of five boxes, as usual for CSAT; others by the scale, see docs/decisions.md#boxes; Wilson's interval, with Kish's effective n where weights differ; z of a change from the variances p (1 - p) / n."
---*/
with rated as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        scaled_rating(rating, lo, hi, direction, method := 'top_box', boxes := $boxes, top_from := top_from) as box
    from
        rating_scores(
            metric := $metric, scheme := $scheme, period := $period, unit := $unit, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

scores as (
    select scheme, segment, 'csat' as part, period_start, customer_id, weight, box - 50e0 as centred, 0e0 as lowest, 1e2 as highest
    from rated
),

sums as (
    select
        scheme,
        segment,
        part,
        period_start,
        customers,
        rated_customers,
        answers,
        weight_sum,
        weight_square_sum,
        weighted_sum,
        weighted_square_sum,
        customer_square_sum,
        customer_cross_sum,
        customer_weighted_square_sum,
        lowest,
        highest
    from score_sums(scores := scores, scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

counts as (
    select
        scheme,
        segment,
        period_start,
        sum(case when box > 0 then 1 else 0 end) as satisfied,
        sum(case when box > 0 then weight else 0e0 end) / nullif(sum(weight), 0) as share
    from rated
    group by scheme, segment, period_start
)

select
    s.scheme,
    s.segment,
    period_label(s.period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    s.period_start,
    period_age(s.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    s.customers,
    s.rated_customers,
    s.answers,
    s.coverage,
    case when s.reliability <> 'hidden' then cast(c.satisfied as bigint) end as satisfied,
    s.score as csat,
    case when s.reliability <> 'hidden' then 1e2 * wilson_low(c.share * s.effective_n, s.effective_n) end as ci_low,
    case when s.reliability <> 'hidden' then 1e2 * wilson_high(c.share * s.effective_n, s.effective_n) end as ci_high,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    s.score_sum as csat_sum,
    s.score_weight as answer_weight,
    s.hidden_part
from score_statistics(sums := sums, bands := 'none', spread := 'population', period := $period, min_n := $min_n, min_n_band := $min_n_band) as s
left join counts as c on s.scheme = c.scheme and s.segment = c.segment and s.period_start = c.period_start
