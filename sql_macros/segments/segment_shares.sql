/*---
summary: Size of each segment at the end of each period, as a number of customers and as a share of its scheme.
grain: one row per scheme, segment and period
args: [
  scheme, period, newest,
  as_of: {doc: "Last complete day of the data; the running period is counted on it."},
  fiscal_shift]
returns: [
  scheme, segment, period, period_start, period_age,
  customers: {range: "[1, inf)", doc: "Customers in the segment on the period's last day. An empty segment has no row; no customers, no rows."},
  share: {type: number, unit: share, range: "(0, 1]", doc: "Share of the memberships of the scheme, so that shares add up to 1 also where segments overlap."},
  previous_share: {type: number, unit: share, range: "(0, 1]", doc: "Share in the period before; null where the segment was empty or the period before is not among the newest."},
  share_change: {type: number, unit: share, range: "(-1, 1)", doc: "Share less the one before."}]
source: "Customers in the segment / customers in the scheme; membership is from valid_from until before valid_to."
---*/
with periods as (
    select period_start
    from recent_periods(newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

shares as (
    select
        s.scheme,
        s.segment,
        p.period_start,
        s.customers,
        s.customers * 1e0 / nullif(sum(s.customers) over (partition by s.scheme, p.period_start), 0) as share
    from segment_sizes(scheme := $scheme, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as s
    inner join periods as p on s.from_period <= p.period_start and s.to_period > p.period_start
),

lagged as (
    select
        scheme,
        segment,
        period_start,
        customers,
        share,
        lag(period_start) over (partition by scheme, segment order by period_start) as lagged_start,
        lag(share) over (partition by scheme, segment order by period_start) as lagged_share
    from shares
)

select
    scheme,
    segment,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_start,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    customers,
    share,
    case when lagged_start = previous_period(period_start, period := $period) then lagged_share end as previous_share,
    case when lagged_start = previous_period(period_start, period := $period) then share - lagged_share end as share_change
from lagged
