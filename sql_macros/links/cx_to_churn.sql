/*---
summary: Share of customers lost after each band of experience, up to three periods later.
grain: one row per scheme, segment, period after and band
args: [
  metric: {doc: "Which ratings: CX, banded by cx_band, or CPV, banded by cpv_band."},
  scheme, period,
  newest: {doc: "How many periods of outcomes are looked at, back from the one that as_of lies in; the running one is left out."},
  method, churn_method, inactive_days, as_of, fiscal_shift]
returns: [
  scheme: {doc: "Segmentation scheme. Without customers who scored and were active there are no rows."},
  segment: {doc: "Segment on the day of the response; 'Unassigned' where the customer had none."},
  periods_later,
  band: {doc: "Band of the customer's mean score in a period."},
  band_order: {type: integer, range: "1 to 3", doc: "1 is the worst band."},
  customers: {type: integer, unit: pairs, range: "[1, inf)", doc: "Customers active when the outcome's period began, once for each period in which they scored."},
  lost_customers: {type: integer, unit: pairs, range: "[0, inf)", doc: "Those of them lost in it."},
  churn: {type: number, unit: share per period, range: "[0, 1]", doc: "Lost / customers."},
  ci_low: {unit: share per period, range: "[0, 1]", doc: "Lower end of its 95 % interval, see wilson_low."},
  ci_high: {unit: share per period, range: "[0, 1]", doc: "Upper end of its 95 % interval, see wilson_high."},
  relative_churn: {type: number, unit: multiple, range: "[0, inf)", doc: "Churn / churn of all bands of the segment and period; null where nobody is lost."}]
source: "Churn as in churn_by_segment, of customers who gave a score."
---*/
with banded as (
    select
        scheme,
        segment,
        periods_later,
        case when $metric = 'value' then cpv_band(score) else cx_band(score) end as band,
        was_lost
    from
        score_outcomes(
            metric := $metric, scheme := $scheme, period := $period, newest := $newest, method := $method, churn_method := $churn_method,
            inactive_days := $inactive_days, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

sums as (
    select scheme, segment, periods_later, band, count(*) as customers, sum(was_lost) as lost_customers
    from banded
    group by scheme, segment, periods_later, band
),

overall as (
    select
        scheme,
        segment,
        periods_later,
        band,
        customers,
        cast(lost_customers as bigint) as lost_customers,
        lost_customers * 1e0 / nullif(customers, 0) as churn,
        sum(lost_customers) over (partition by scheme, segment, periods_later) * 1e0
        / nullif(sum(customers) over (partition by scheme, segment, periods_later), 0) as all_churn
    from sums
)

select
    scheme,
    segment,
    periods_later,
    band,
    case
        when band in ('Critical', 'Significant disconnect') then 1
        when band in ('Good', 'Moderate alignment') then 2
        else 3
    end as band_order,
    customers,
    lost_customers,
    churn,
    wilson_low(lost_customers, customers) as ci_low,
    wilson_high(lost_customers, customers) as ci_high,
    churn / nullif(all_churn, 0) as relative_churn
from overall
