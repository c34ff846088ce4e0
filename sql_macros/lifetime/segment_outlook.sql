/*---
summary: What the last year of a segment's customers says of future years, and what is assumed where it says nothing.
grain: one row per scheme and segment
internal: true
args: [
  members: {type: relation, doc: "The customers of each segment, rows of placed_activity."},
  max_years, min_base, min_days, basis, margin_rate]
returns: [
  scheme, segment,
  customers: {doc: "Customers in the segment."},
  active_customers: {type: integer, unit: customers, doc: "Active customers."},
  purchases: {doc: "Purchases of the active customers in the last year."},
  revenue: {doc: "Their amounts."},
  observed_value: {type: number, unit: currency, doc: "Their value."},
  value_to_date: {type: number, unit: currency, doc: "Value to date of all customers."},
  base: {type: integer, unit: customers, doc: "Customers active a year ago."},
  lost: {type: integer, unit: customers, doc: "Those of them who no longer are."},
  churn: {type: number, unit: share per year, doc: "Lost / base; null where nobody was active a year ago."},
  lifespan_years,
  observed_years: {type: number, unit: years, doc: "How much of the last year its active customers have been there, on average."},
  year_factor: {type: number, unit: multiple, doc: "What a whole year holds / what was observed: 1 where anybody was active a year ago; null where too young."},
  is_too_young: {type: integer, range: "0 or 1", doc: "1 where there is too little to tell a year from."},
  is_annualised: {type: integer, range: "0 or 1", doc: "1 where less than a year was observed and repeat purchases are scaled up to one."},
  is_lifespan_capped: {type: integer, range: "0 or 1", doc: "1 where 1 / churn is above max_years, or churn is 0 or unknown."},
  takes_churn_of_all: {type: integer, range: "0 or 1", doc: "1 where its churn is that of all customers."},
  assumptions: {type: string, doc: "The same in words; None without any."}]
source: "A scheme has every customer in one segment, so that its segments add up to all customers. Who came during the year bought first once, and then so often per year observed: models of repeat buying count in the same way."
---*/
with sums as (
    select
        scheme,
        segment,
        count(*) as customers,
        sum(is_active) as active_customers,
        sum(case when is_active = 1 then year_purchases else 0 end) as purchases,
        case
            when is_mapped('transactions') or is_mapped('subscriptions', 'mrr')
            then sum(case when is_active = 1 then year_revenue else 0e0 end)
        end as revenue,
        case
            when is_mapped('transactions') or is_mapped('subscriptions', 'mrr')
            then sum(case when is_active = 1 then year_value else 0e0 end)
        end as observed_value,
        sum(case when $basis = 'revenue' then revenue else margin end) as value_to_date,
        sum(case when is_active = 1 then observed_years else 0e0 end) as customer_years,
        sum(case when is_active = 1 and observed_years < 1 then 1 else 0 end) as new_customers,
        sum(case when is_active = 1 and observed_years < 1 then observed_years else 0e0 end) as new_years,
        sum(case when is_active = 1 and observed_years < 1 and year_purchases > 0 then year_purchases - 1 else 0 end) as repeats,
        sum(case when is_active = 1 then year_filled_margins else 0 end) as filled_margins,
        sum(was_active) as base,
        sum(was_lost) as lost
    from members
    group by scheme, segment
),

rates as (
    select
        scheme,
        segment,
        customers,
        active_customers,
        purchases,
        revenue,
        observed_value,
        value_to_date,
        new_customers,
        new_years,
        repeats,
        filled_margins,
        base,
        lost,
        customer_years / nullif(active_customers, 0) as observed_years,
        case when base < $min_base and sum(base) over (partition by scheme) > base then 1 else 0 end as takes_churn_of_all,
        case
            when base < $min_base
            then sum(lost) over (partition by scheme) * 1e0 / nullif(sum(base) over (partition by scheme), 0)
            else lost * 1e0 / nullif(base, 0)
        end as churn
    from sums
),

judged as (
    select
        scheme,
        segment,
        customers,
        active_customers,
        purchases,
        revenue,
        observed_value,
        value_to_date,
        new_customers,
        new_years,
        repeats,
        filled_margins,
        base,
        lost,
        churn,
        observed_years,
        takes_churn_of_all,
        case when base < $min_base and observed_years * 365 < $min_days then 1 else 0 end as is_too_young,
        case when base = 0 and repeats > 0 then 1 else 0 end as is_annualised,
        case when churn * $max_years >= 1 then 0 else 1 end as is_lifespan_capped
    from rates
),

worded as (
    select
        scheme,
        segment,
        customers,
        active_customers,
        purchases,
        revenue,
        observed_value,
        value_to_date,
        new_customers,
        new_years,
        repeats,
        base,
        lost,
        churn,
        observed_years,
        takes_churn_of_all,
        is_too_young,
        is_annualised,
        is_lifespan_capped,
        trim(
            case
                when is_too_young = 1 then 'Too young: ' || text_of(cast(floor(observed_years * 365) as bigint)) || ' days observed. '
                when is_annualised = 1 then 'A year from ' || text_of(cast(floor(observed_years * 365) as bigint)) || ' days. '
                else ''
            end
            || case when churn is null then 'Churn unknown. ' else '' end
            || case when is_lifespan_capped = 1 then 'Lifespan capped. ' else '' end
            || case when takes_churn_of_all = 1 then 'Churn of all customers. ' else '' end
            || case
                when $basis = 'revenue' then ''
                when $margin_rate is null and not is_mapped('transactions', 'margin_amount') then 'Value is revenue. '
                when $margin_rate is null then ''
                when not is_mapped('transactions', 'margin_amount') then 'Margin by rate. '
                when filled_margins > 0 then 'Margin by rate where none is stated. '
                else ''
            end
        ) as assumptions
    from judged
)

select
    scheme,
    segment,
    customers,
    cast(active_customers as bigint) as active_customers,
    cast(purchases as bigint) as purchases,
    revenue,
    observed_value,
    value_to_date,
    cast(base as bigint) as base,
    cast(lost as bigint) as lost,
    churn,
    lifespan_years(churn, max_years := $max_years) as lifespan_years,
    observed_years,
    case
        when is_too_young = 1 then null
        when is_annualised = 1
        then 1e0 + repeats * (new_customers / nullif(new_years, 0) - 1e0) / nullif(purchases, 0)
        else 1e0
    end as year_factor,
    is_too_young,
    case when is_too_young = 1 then 0 else is_annualised end as is_annualised,
    is_lifespan_capped,
    takes_churn_of_all,
    case when assumptions <> '' then assumptions else 'None' end as assumptions
from worded
