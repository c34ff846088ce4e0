/*---
summary: What a customer is worth against what it cost to win, by acquisition channel and segment.
grain: one row per scheme, segment and acquisition channel
needs: [customers]
args: [
  scheme,
  lifetime_value: {type: choice, choices: [total, expected, historical], default: total, doc: "total: value to date and expected, so that lost customers count with what they brought; expected: clv; historical: to date."},
  as_of, basis, churn_method, inactive_days, refunds, margin_rate, max_years, min_base, min_days,
  min_n: {doc: "Of fewer costed customers no money is given."}]
returns: [
  scheme: {doc: "Segmentation scheme. Without customers there are no rows."},
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  acquisition_channel: {type: string, doc: "Channel through which the customer came; All channels; Not stated where none is mapped."},
  customers: {range: "[1, inf)", doc: "Customers."},
  costed_customers: {type: integer, unit: customers, range: "[0, inf)", doc: "Those of them whose acquisition cost is known, and whose value: not those of a segment that is too young, see clv_by_segment. Every number that follows is about them."},
  acquisition_cost: {type: number, unit: currency, doc: "Mean cost of winning one, CAC; this and all that is made of money null below min_n costed customers, and where it protects another row."},
  clv: {type: number, unit: currency, doc: "Mean lifetime value of one."},
  clv_to_cost: {type: number, unit: multiple, doc: "clv / CAC; null where the cost is 0."},
  ratio_verdict: {type: string, doc: "Healthy (from 3), Thin (from 1), Loss (below 1); null where clv_to_cost is."},
  monthly_value: {type: number, unit: currency per month, doc: "Value of an active customer per month, over the last year or since it became one."},
  payback_months: {type: number, unit: months, doc: "CAC / monthly_value; null where that is not above 0."},
  cost_sum: {type: number, unit: currency, doc: "Sum of the known costs, for the ratio of several rows, see protected_total; hidden rows share that of the hidden segments of their channel."},
  clv_sum: {type: number, unit: currency, doc: "Sum of the lifetime values of those customers, likewise."},
  hidden_part: {doc: "1 / rows of the hidden_group; null where not hidden."},
  hidden_group: {type: string, doc: "Which hidden rows share their sums: those of a channel, and of the scheme those that are alone in theirs."}]
source: "Lifetime value over acquisition cost with a mark of 3, and months to recover it: Skok (2010), SaaS Metrics. A month is 365 / 12 days."
---*/
with activity as (
    select
        customer_id,
        scheme,
        segment,
        is_active,
        first_purchase_on,
        case when $basis = 'revenue' then revenue else margin end as value_to_date,
        year_value,
        clv
    from customer_segment_activity(
        scheme := $scheme, as_of := $as_of, basis := $basis, churn_method := $churn_method, inactive_days := $inactive_days,
        refunds := $refunds, margin_rate := $margin_rate, max_years := $max_years, min_base := $min_base, min_days := $min_days
    )
),

acquired as (
    select
        a.scheme,
        a.segment,
        coalesce(c.acquisition_channel, 'Not stated') as acquisition_channel,
        c.acquisition_cost,
        case
            when $lifetime_value = 'expected' then a.clv
            when $lifetime_value = 'historical' then a.value_to_date
            else a.value_to_date + a.clv
        end as lifetime_value,
        case when a.is_active = 1 then a.year_value else 0e0 end as year_value,
        case
            when a.is_active = 0 then 0e0
            when coalesce(day_of(c.created_at), a.first_purchase_on) > year_before($as_of)
            then (days_between(coalesce(day_of(c.created_at), a.first_purchase_on), $as_of) + 1) * 12e0 / 365e0
            else 12e0
        end as months
    from activity as a
    inner join customer_list() as c on a.customer_id = c.customer_id
),

kinds as (
    select 0 as is_total
    union all
    select 1 as is_total
),

channels as (
    select
        a.scheme,
        a.segment,
        case when k.is_total = 1 then 'All channels' else a.acquisition_channel end as acquisition_channel,
        case when a.lifetime_value is not null then a.acquisition_cost end as acquisition_cost,
        a.lifetime_value,
        a.year_value,
        a.months
    from acquired as a
    cross join kinds as k
),

sums as (
    select
        scheme,
        segment,
        acquisition_channel,
        count(*) as customers,
        sum(case when acquisition_cost >= 0 then 1 else 0 end) as costed_customers,
        avg(case when acquisition_cost >= 0 then acquisition_cost end) as acquisition_cost,
        avg(case when acquisition_cost >= 0 then lifetime_value end) as clv,
        sum(case when acquisition_cost >= 0 then acquisition_cost end) as cost_sum,
        sum(case when acquisition_cost >= 0 then lifetime_value end) as clv_sum,
        sum(case when acquisition_cost >= 0 then year_value end) / nullif(sum(case when acquisition_cost >= 0 then months end), 0) as monthly_value
    from channels
    group by scheme, segment, acquisition_channel
),

small as (
    select
        scheme,
        segment,
        acquisition_channel,
        customers,
        costed_customers,
        acquisition_cost,
        clv,
        cost_sum,
        clv_sum,
        monthly_value,
        case when costed_customers > 0 and costed_customers < $min_n then 1 else 0 end as is_hidden
    from sums
),

segments_protected as (
    select
        scheme,
        segment,
        acquisition_channel,
        customers,
        costed_customers,
        acquisition_cost,
        clv,
        cost_sum,
        clv_sum,
        monthly_value,
        complementary(is_hidden, costed_customers, $min_n, segment, scheme, acquisition_channel, acquisition_channel) as is_hidden
    from small
),

channels_protected as (
    select
        scheme,
        segment,
        acquisition_channel,
        customers,
        costed_customers,
        acquisition_cost,
        clv,
        cost_sum,
        clv_sum,
        monthly_value,
        complementary(
            is_hidden, costed_customers, $min_n, acquisition_channel,
            scheme, segment, case when acquisition_channel = 'All channels' then 1 else 0 end
        ) as is_hidden
    from segments_protected
),

hidden as (
    select
        scheme,
        segment,
        acquisition_channel,
        customers,
        costed_customers,
        acquisition_cost,
        clv,
        cost_sum,
        clv_sum,
        monthly_value,
        complementary(is_hidden, costed_customers, $min_n, segment, scheme, acquisition_channel, acquisition_channel) as is_hidden
    from channels_protected
),

counted as (
    select
        scheme,
        segment,
        acquisition_channel,
        customers,
        costed_customers,
        acquisition_cost,
        clv,
        cost_sum,
        clv_sum,
        monthly_value,
        is_hidden,
        sum(is_hidden) over (partition by scheme, acquisition_channel) as hidden_segments
    from hidden
),

grouped as (
    select
        scheme,
        segment,
        acquisition_channel,
        customers,
        costed_customers,
        acquisition_cost,
        clv,
        cost_sum,
        clv_sum,
        monthly_value,
        is_hidden,
        case
            when acquisition_channel = 'All channels' and is_hidden = 1 then acquisition_channel
            else
                hidden_group(
                    case when acquisition_channel = 'All channels' then 0 else is_hidden end, hidden_segments, acquisition_channel, scheme
                )
        end as hidden_group
    from counted
)

select
    scheme,
    segment,
    acquisition_channel,
    customers,
    cast(costed_customers as bigint) as costed_customers,
    case when is_hidden = 0 then acquisition_cost end as acquisition_cost,
    case when is_hidden = 0 then clv end as clv,
    case when is_hidden = 0 then clv / nullif(acquisition_cost, 0) end as clv_to_cost,
    case
        when is_hidden = 1 then null
        when clv / nullif(acquisition_cost, 0) >= 3 then 'Healthy'
        when clv / nullif(acquisition_cost, 0) >= 1 then 'Thin'
        when clv / nullif(acquisition_cost, 0) < 1 then 'Loss'
    end as ratio_verdict,
    case when is_hidden = 0 then monthly_value end as monthly_value,
    case when is_hidden = 0 and monthly_value > 0 then acquisition_cost / nullif(monthly_value, 0) end as payback_months,
    shared_sum(cost_sum, scheme, hidden_group) as cost_sum,
    shared_sum(clv_sum, scheme, hidden_group) as clv_sum,
    hidden_part(scheme, hidden_group) as hidden_part,
    hidden_group
from grouped
