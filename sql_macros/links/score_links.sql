/*---
summary: How far the score of a customer goes with what that customer does up to three periods later - staying or leaving, and value.
grain: one row per scheme, segment, outcome and period after
args: [
  metric, scheme, period,
  newest: {doc: "How many periods of outcomes are looked at, back from the one that as_of lies in; the running one is left out."},
  method, churn_method, inactive_days, basis, margin_rate, as_of, fiscal_shift,
  min_n: {doc: "Of fewer pairs no mean and no correlation is given."}]
returns: [
  scheme: {doc: "Segmentation scheme. Without customers who scored and were active there are no rows."},
  segment: {doc: "Segment on the day of the response; 'Unassigned' where the customer had none."},
  metric: {doc: "Metric of the score."},
  outcome: {type: string, doc: "Churn (1 where lost in the period, else 0), or Value (of the period)."},
  periods_later,
  pairs: {type: integer, unit: pairs, range: "[1, inf)", doc: "Pairs of a customer's mean score in a period and the outcome, of customers active when the outcome's period began. A customer who scored in several periods has several."},
  mean_score: {type: number, unit: percent, doc: "Mean of the scores; this and all numbers that follow null below min_n pairs, and where it protects the one other segment that is hidden."},
  mean_outcome: {type: number, doc: "Mean of the outcome: churn as a share, or value."},
  r: {type: number, range: "[-1, 1]", doc: "Pearson correlation by customer; null where score or outcome does not vary."},
  r_low, r_high,
  verdict: {type: string, doc: "Together (r above 0, whole interval), Against (below 0), No link shown; Too few pairs below 30; null where it is hidden to protect another segment."}]
source: "By customer: correlations of segment means are far larger than those of customers, Robinson (1950), American Sociological Review 15. With churn as 0 or 1 it is the point-biserial correlation."
---*/
with paired as (
    select scheme, segment, periods_later, score, was_lost, period_value
    from
        score_outcomes(
            metric := $metric, scheme := $scheme, period := $period, newest := $newest, method := $method, churn_method := $churn_method,
            inactive_days := $inactive_days, basis := $basis, margin_rate := $margin_rate, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

sums as (
    select
        scheme,
        segment,
        periods_later,
        count(*) as pairs,
        sum(score - 50e0) as sum_x,
        sum((score - 50e0) * (score - 50e0)) as sum_xx,
        sum(was_lost * 1e0) as sum_lost,
        sum(was_lost * was_lost * 1e0) as sum_lost_lost,
        sum((score - 50e0) * was_lost) as sum_x_lost,
        sum(period_value) as sum_value,
        sum(period_value * period_value) as sum_value_value,
        sum((score - 50e0) * period_value) as sum_x_value
    from paired
    group by scheme, segment, periods_later
),

outcomes as (
    select 'Churn' as outcome
    union all
    select 'Value' as outcome
),

long as (
    select
        s.scheme,
        s.segment,
        o.outcome,
        s.periods_later,
        s.pairs,
        s.sum_x,
        s.sum_xx,
        case when o.outcome = 'Churn' then s.sum_lost else s.sum_value end as sum_y,
        case when o.outcome = 'Churn' then s.sum_lost_lost else s.sum_value_value end as sum_yy,
        case when o.outcome = 'Churn' then s.sum_x_lost else s.sum_x_value end as sum_xy
    from sums as s
    cross join outcomes as o
    where o.outcome = 'Churn' or is_mapped('transactions')
),

linked as (
    select
        scheme,
        segment,
        outcome,
        periods_later,
        pairs,
        50e0 + sum_x / nullif(pairs, 0) as mean_score,
        sum_y / nullif(pairs, 0) as mean_outcome,
        correlation(pairs, sum_x, sum_y, sum_xx, sum_yy, sum_xy) as r,
        complementary(case when pairs < $min_n then 1 else 0 end, pairs, $min_n, segment, scheme, outcome, periods_later) as is_hidden
    from long
),

shown as (
    select
        scheme,
        segment,
        outcome,
        periods_later,
        pairs,
        case when is_hidden = 0 then mean_score end as mean_score,
        case when is_hidden = 0 then mean_outcome end as mean_outcome,
        case when is_hidden = 0 then r end as r
    from linked
),

bounded as (
    select
        scheme,
        segment,
        outcome,
        periods_later,
        pairs,
        mean_score,
        mean_outcome,
        r,
        correlation_low(r, pairs) as r_low,
        correlation_high(r, pairs) as r_high
    from shown
)

select
    scheme,
    segment,
    $metric as metric,
    outcome,
    periods_later,
    pairs,
    mean_score,
    mean_outcome,
    r,
    r_low,
    r_high,
    case
        when pairs < 30 then 'Too few pairs'
        when mean_score is null then null
        when r_low > 0 then 'Together'
        when r_high < 0 then 'Against'
        else 'No link shown'
    end as verdict
from bounded
