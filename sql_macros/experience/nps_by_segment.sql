/*---
summary: Net promoter score (NPS) by segment and period.
kind: relation
grain: one row per scheme, segment and period
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  promoter_from: {type: number, default: null, doc: "Lowest rating of a promoter, with the good end of the scale up; null: what the mapping states, else 9 on 0 or 1 to 10, 90 on 0 to 100. Ratings on a scale without limits are left out, see promoters_are_known."}
  detractor_to: {type: number, default: null, doc: "Highest rating of a detractor; null: what the mapping states, else 6, 60 on 0 to 100."}
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
  promoters: {type: integer, unit: answers, doc: "Ratings from promoter_from; null where hidden, as all that follow."}
  passives: {type: integer, unit: answers, doc: "Ratings between."}
  detractors: {type: integer, unit: answers, doc: "Ratings to detractor_to."}
  promoter_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of promoters."}
  detractor_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of detractors."}
  nps: {type: number, label: NPS, unit: points, range: "[-100, 100]", doc: "100 x (promoter_share - detractor_share)."}
  ci_low: {type: number, label: "95 % from", unit: points, doc: "Lower end of the 95 % interval; null below two answers."}
  ci_high: {type: number, label: "95 % to", unit: points, doc: "Upper end of the 95 % interval."}
  reliability: {type: string, doc: "reliable, directional (below min_n_band) or hidden (below min_n, or to protect the one hidden segment)."}
  previous: {type: number, label: "Period before", unit: points, doc: "The same in the period before."}
  change: {type: number, unit: points, doc: "Less the period before."}
  change_z: {type: number, doc: "Change over its standard error."}
  change_verdict: {type: string, label: "Real change?", doc: "Up, Down, No significant change, Too few answers; null without a period before."}
  nps_sum: {type: number, doc: "Sum of weight * NPS, for the NPS of several rows, see pooled; hidden segments have their part of the sum of all hidden ones."}
  answer_weight: {type: number, doc: "Sum of the weights."}
  hidden_part: {type: number, unit: share, doc: "1 / hidden segments of the scheme and period; null where not hidden."}
source: "Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12); interval as in nps_margin, the variance of a difference of two shares."
---*/
with rated as (
    select
        scheme,
        segment,
        period_start,
        customer_id,
        weight,
        1e2 * nps_balance(
            rating, lo, hi, direction, promoter_from := coalesce($promoter_from, top_from), detractor_to := coalesce($detractor_to, bottom_to)
        ) as balance
    from
        rating_scores(
            metric := 'nps', scheme := $scheme, period := $period, unit := $unit, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

scores as (
    select scheme, segment, 'nps' as part, period_start, customer_id, weight, balance - 50e0 as centred, -1e2 as lowest, 1e2 as highest
    from rated
    where balance is not null
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
        sum(case when balance > 0 then 1 else 0 end) as promoters,
        sum(case when balance = 0 then 1 else 0 end) as passives,
        sum(case when balance < 0 then 1 else 0 end) as detractors,
        sum(case when balance > 0 then weight else 0e0 end) / nullif(sum(weight), 0) as promoter_share,
        sum(case when balance < 0 then weight else 0e0 end) / nullif(sum(weight), 0) as detractor_share
    from rated
    where balance is not null
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
    case when s.reliability <> 'hidden' then cast(c.promoters as bigint) end as promoters,
    case when s.reliability <> 'hidden' then cast(c.passives as bigint) end as passives,
    case when s.reliability <> 'hidden' then cast(c.detractors as bigint) end as detractors,
    case when s.reliability <> 'hidden' then c.promoter_share end as promoter_share,
    case when s.reliability <> 'hidden' then c.detractor_share end as detractor_share,
    s.score as nps,
    s.ci_low,
    s.ci_high,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    s.score_sum as nps_sum,
    s.score_weight as answer_weight,
    s.hidden_part
from score_statistics(sums := sums, bands := 'none', spread := 'population', period := $period, min_n := $min_n, min_n_band := $min_n_band) as s
left join counts as c on s.scheme = c.scheme and s.segment = c.segment and s.period_start = c.period_start
