/*---
summary: Score of a survey question, and how many answered high, between and low, by segment and period.
grain: one row per scheme, segment and period
internal: true
args: [
  scored: {type: relation, doc: "The answers: scheme, segment, period_start, customer_id, weight, centred, the score less 50, the ends of its range, lowest and highest, and side, 1 where the answer is high, -1 where it is low, else 0."},
  spread: {type: choice, choices: [sample, population], default: population, doc: "See score_statistics."},
  scheme, period, min_n,
  min_n_band: {doc: "With fewer answers a score is directional: its change is not judged."},
  as_of, fiscal_shift]
returns: [
  scheme, segment, period, period_start, period_age, customers, rated_customers, answers, coverage,
  score: {type: number, doc: "Weighted mean; null where hidden, as all that follow."},
  ci_low: {unit: null}, ci_high: {unit: null},
  high: {type: integer, unit: answers, doc: "Answers on the high side."},
  between_sides: {type: integer, unit: answers, doc: "Answers on neither side."},
  low: {type: integer, unit: answers, doc: "Answers on the low side."},
  high_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of high."},
  low_share: {type: number, unit: share, range: "[0, 1]", doc: "Weighted share of low."},
  share_low: {type: number, unit: share, range: "[0, 1]", doc: "Lower end of the 95 % interval of high_share, see wilson_low."},
  share_high: {type: number, unit: share, range: "[0, 1]", doc: "Upper end of the 95 % interval of high_share, see wilson_high."},
  reliability, previous: {unit: null}, change: {unit: null}, change_z, change_verdict, score_sum,
  high_sum: {type: number, doc: "Sum of the weights of high; hidden segments have their part of the sum of all hidden ones."},
  score_weight, hidden_part]
source: "NPS, CSAT and CES differ in what is scored, and in which answers are on which side."
---*/
with scores as (
    select scheme, segment, 'all' as part, period_start, customer_id, weight, centred, lowest, highest
    from scored
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
        sum(case when side > 0 then 1 else 0 end) as high,
        sum(case when side = 0 then 1 else 0 end) as between_sides,
        sum(case when side < 0 then 1 else 0 end) as low,
        sum(case when side > 0 then weight else 0e0 end) / nullif(sum(weight), 0) as high_share,
        sum(case when side < 0 then weight else 0e0 end) / nullif(sum(weight), 0) as low_share
    from scored
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
    s.score,
    s.ci_low,
    s.ci_high,
    case when s.reliability <> 'hidden' then cast(c.high as bigint) end as high,
    case when s.reliability <> 'hidden' then cast(c.between_sides as bigint) end as between_sides,
    case when s.reliability <> 'hidden' then cast(c.low as bigint) end as low,
    case when s.reliability <> 'hidden' then c.high_share end as high_share,
    case when s.reliability <> 'hidden' then c.low_share end as low_share,
    case when s.reliability <> 'hidden' then wilson_low(c.high_share * s.effective_n, s.effective_n) end as share_low,
    case when s.reliability <> 'hidden' then wilson_high(c.high_share * s.effective_n, s.effective_n) end as share_high,
    s.reliability,
    s.previous,
    s.change,
    s.change_z,
    s.change_verdict,
    s.score_sum,
    case
        when s.reliability <> 'hidden' then c.high_share * s.score_weight
        when s.score_sum is not null
        then
            s.score_weight * sum(c.high_share * s.score_weight) over (partition by s.scheme, s.period_start, s.reliability)
            / nullif(sum(s.score_weight) over (partition by s.scheme, s.period_start, s.reliability), 0)
    end as high_sum,
    s.score_weight,
    s.hidden_part
from score_statistics(sums := sums, bands := 'none', spread := $spread, period := $period, min_n := $min_n, min_n_band := $min_n_band) as s
left join counts as c on s.scheme = c.scheme and s.segment = c.segment and s.period_start = c.period_start
