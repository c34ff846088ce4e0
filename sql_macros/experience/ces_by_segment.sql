/*---
summary: Customer effort score (CES), its mean and the share of low effort, by segment and period.
kind: relation
grain: one row per scheme, segment and period
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  low_effort_above: {type: number, default: null, min: 0, max: 99, doc: "Ratings above this percent of their scale are low effort; null: from low_effort_from of the mapping, else above 50, which are 5 to 7 of a scale from 1 to 7."}
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
  ces: {type: number, label: CES, unit: points of the scale, doc: "Mean rating, turned over where a high rating is bad, so that more is always less effort; null where hidden, as all that follow."}
  ci_low: {type: number, label: "95 % from", unit: points of the scale, doc: "Lower end of the 95 % interval of the mean; null below two answers."}
  ci_high: {type: number, label: "95 % to", unit: points of the scale, doc: "Upper end of the 95 % interval of the mean."}
  low_effort: {type: integer, unit: answers, doc: "Ratings of low effort."}
  low_effort_share: {type: number, label: "Low effort", unit: share, range: "[0, 1]", doc: "Weighted share of them."}
  share_low: {type: number, label: "Low effort, 95 % from", unit: share, range: "[0, 1]", doc: "Lower end of its 95 % interval, see wilson_low."}
  share_high: {type: number, label: "Low effort, 95 % to", unit: share, range: "[0, 1]", doc: "Upper end of its 95 % interval, see wilson_high."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden (below min_n, or to protect the one hidden segment)."}
  previous: {type: number, label: "Period before", unit: points of the scale, doc: "The same in the period before."}
  change: {type: number, unit: points of the scale, doc: "Less the period before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, label: "Real change?", doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  ces_sum: {type: number, doc: "Sum of weight * CES, for the CES of several rows, see pooled; hidden segments have their part of the sum of all hidden ones."}
  low_effort_sum: {type: number, doc: "Sum of the weights of low effort, in the same way."}
  answer_weight: {type: number, doc: "Sum of the weights."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments of the scheme and period; null where not hidden."}
source: "Dixon, Freeman & Toman (2010), Stop Trying to Delight Your Customers, Harvard Business Review 88(7); as agreement that it was easy, on 1 to 7."
---*/
with rated as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        lo,
        hi,
        scaled_rating(rating, lo, hi, direction, method := 'as_is') as ease,
        case
            when $low_effort_above is not null and score > $low_effort_above then 1
            when $low_effort_above is null and top_from is null and score > 50 then 1
            when $low_effort_above is null and scaled_rating(rating, lo, hi, direction, method := 'as_is') >= top_from then 1
            else 0
        end as is_easy
    from
        rating_scores(
            metric := 'ces', scheme := $scheme, period := $period, unit := $unit, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

scores as (
    select scheme, segment, 'ces' as part, period_start, customer_id, weight, ease - 50e0 as centred, lo as lowest, hi as highest
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
        sum(is_easy) as low_effort,
        sum(is_easy * weight) / nullif(sum(weight), 0) as share
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
    s.score as ces,
    s.ci_low,
    s.ci_high,
    case when s.reliability <> 'hidden' then cast(c.low_effort as bigint) end as low_effort,
    case when s.reliability <> 'hidden' then c.share end as low_effort_share,
    case when s.reliability <> 'hidden' then wilson_low(c.share * s.effective_n, s.effective_n) end as share_low,
    case when s.reliability <> 'hidden' then wilson_high(c.share * s.effective_n, s.effective_n) end as share_high,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    s.score_sum as ces_sum,
    case
        when s.reliability <> 'hidden' then c.share * s.score_weight
        when s.score_sum is not null
        then
            s.score_weight * sum(c.share * s.score_weight) over (partition by s.scheme, s.period_start, s.reliability)
            / nullif(sum(s.score_weight) over (partition by s.scheme, s.period_start, s.reliability), 0)
    end as low_effort_sum,
    s.score_weight as answer_weight,
    s.hidden_part
from score_statistics(sums := sums, bands := 'none', period := $period, min_n := $min_n, min_n_band := $min_n_band) as s
left join counts as c on s.scheme = c.scheme and s.segment = c.segment and s.period_start = c.period_start
