/*---
summary: Share of customers lost after each band of experience, up to three periods later.
kind: relation
grain: one row per scheme, segment, period after and band
args:
  metric: {type: choice, choices: [experience, value], default: experience, doc: "Which ratings: CX, banded by cx_band, or CPV, banded by cpv_band."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  newest: {type: integer, default: 12, min: 1, max: 100, doc: "How many periods of outcomes are looked at, back from the one that as_of lies in; the running one is left out."}
  method: {type: choice, choices: [minmax, share_of_max, top_box, as_is], default: minmax, doc: "How a rating becomes a score, see score."}
  churn_method: {type: choice, choices: [auto, contractual, non_contractual], default: auto, doc: "contractual: a subscription runs; non_contractual: the last purchase is at most inactive_days ago; auto: contractual where subscriptions are mapped."}
  inactive_days: {type: integer, default: {setting: inactive_days}, min: 1, doc: "Days without a purchase after which a customer counts as lost."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme. Without customers who scored and were active there are no rows."}
  segment: {type: string, doc: "Segment on the day of the response; 'Unassigned' where the customer had none."}
  periods_later: {type: integer, unit: periods, range: "0 to 3", doc: "Periods from the score to the outcome."}
  band: {type: string, doc: "Band of the customer's mean score in a period."}
  band_order: {type: integer, range: "1 to 3", doc: "1 is the worst band."}
  customers: {type: integer, unit: pairs, range: "[1, inf)", doc: "Customers active when the outcome's period began, once for each period in which they scored."}
  lost_customers: {type: integer, unit: pairs, range: "[0, inf)", doc: "Those of them lost in it."}
  churn: {type: number, unit: share per period, range: "[0, 1]", doc: "Lost / customers."}
  ci_low: {type: number, label: "95 % from", unit: share per period, range: "[0, 1]", doc: "Lower end of its 95 % interval, see wilson_low."}
  ci_high: {type: number, label: "95 % to", unit: share per period, range: "[0, 1]", doc: "Upper end of its 95 % interval, see wilson_high."}
  relative_churn: {type: number, unit: multiple, range: "[0, inf)", doc: "Churn / churn of all bands of the segment and period; null where nobody is lost."}
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
