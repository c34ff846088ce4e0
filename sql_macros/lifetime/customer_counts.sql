/*---
summary: How many customers are alike in their purchases, and in their spend, for fitting - no customer is named.
grain: one row per segment, part and group of customers alike
internal: true
args: [
  scheme: {default: All customers},
  observation_end: {type: date, default: {setting: as_of}, doc: "Last day that is looked at, and day of the membership."},
  calibration_end: {type: date, default: null, doc: "Last day of the history; what follows is holdout."},
  refunds,
  group_days: {type: integer, default: 7, min: 1, max: 7, doc: "Recency and age within so many days are alike; 1: each day by itself."},
  is_exact: {type: boolean, default: false, doc: "true: spend by value, instead of by hundredth of ln(value); more rows, and the last digits of the fit."}]
returns: [
  segment,
  part: {type: string, range: "purchases, spend", doc: "purchases: alike in frequency, recency and age. spend: alike in frequency and monetary value, of those who have both."},
  frequency: {type: integer, doc: "Repeat purchase days."},
  holdout_frequency: {type: integer, doc: "Purchase days after calibration_end; 0 for spend."},
  recency: {type: number, unit: weeks, doc: "Their mean age at the last purchase; null for spend."},
  age: {type: number, unit: weeks, doc: "Their mean age; null for spend."},
  monetary_value: {type: number, unit: currency, doc: "Their mean value of a repeat purchase day, above 0; null for purchases."},
  customers: {doc: "How many they are."}]
source: "Means within a few days leave the likelihood where it is to second order; plain rounding does not. Fader & Hardie (2013): only customers with a repeat purchase and spend above 0 are fitted."
---*/
with summary as (
    select
        customer_id,
        frequency,
        holdout_frequency,
        recency,
        age,
        recency_days,
        age_days,
        monetary_value
    from customer_summary(observation_end := $observation_end, calibration_end := $calibration_end, refunds := $refunds)
),

placed as (
    select
        a.segment,
        a.frequency,
        a.holdout_frequency,
        a.recency,
        a.age,
        a.monetary_value,
        floor(a.recency_days / nullif($group_days, 0)) as recency_step,
        floor(a.age_days / nullif($group_days, 0)) as age_step
    from assigned_segments(members := summary, scheme := $scheme, as_of := $observation_end) as a
),

spent as (
    select
        segment,
        frequency,
        monetary_value,
        case when $is_exact then monetary_value else floor(100 * ln(case when monetary_value > 0 then monetary_value else 1e0 end)) end as value_step
    from placed
    where frequency > 0 and monetary_value > 0
)

select
    segment,
    'purchases' as part,
    frequency,
    holdout_frequency,
    avg(recency) as recency,
    avg(age) as age,
    cast(null as double) as monetary_value,
    count(*) as customers
from placed
group by
    segment,
    frequency,
    holdout_frequency,
    recency_step,
    age_step
union all
select
    segment,
    'spend' as part,
    frequency,
    cast(0 as bigint) as holdout_frequency,
    cast(null as double) as recency,
    cast(null as double) as age,
    avg(monetary_value) as monetary_value,
    count(*) as customers
from spent
group by
    segment,
    frequency,
    value_step
