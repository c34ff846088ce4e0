with bought as (
    select
        customer,
        sum(amount) as revenue,
        sum(case when moment >= timestamp '2025-10-01 00:00:00' then 1 else 0 end) as year_purchases,
        sum(case when moment >= timestamp '2025-10-01 00:00:00' then amount else 0 end) as year_revenue,
        max(moment) as newest,
        max(case when moment < timestamp '2025-10-01 00:00:00' then moment end) as newest_before
    from purchases
    where moment < timestamp '2026-10-01 00:00:00'
    group by customer
),

placed as (
    select
        coalesce(m.segment, 'Unassigned') as segment,
        coalesce(b.revenue, 0) as revenue,
        b.year_purchases,
        b.year_revenue,
        case when b.newest >= timestamp '2026-04-03 00:00:00' then 1 else 0 end as is_active,
        case when b.newest_before >= timestamp '2025-04-03 00:00:00' then 1 else 0 end as was_active
    from customers as c
    left join member as m on c.id = m.id
    left join bought as b on c.id = b.customer
),

sums as (
    select
        segment,
        count(*) as customers,
        cast(sum(is_active) as bigint) as active_customers,
        cast(sum(case when is_active = 1 then year_purchases end) as bigint) as purchases,
        sum(case when is_active = 1 then year_revenue end) as revenue,
        sum(revenue) as to_date,
        cast(sum(case when was_active = 1 and is_active = 0 then 1 else 0 end) as double precision) / sum(was_active) as churn
    from placed
    group by segment
),

valued as (
    select *, case when churn * 5 > 1 then 1 / churn else 5 end as lifespan_years
    from sums
)

select
    'Plan' as scheme,
    segment,
    customers,
    active_customers,
    purchases,
    revenue,
    revenue / purchases as apv,
    cast(purchases as double precision) / active_customers as purchase_frequency,
    1e0 as margin_rate,
    churn,
    1 - churn as retention,
    lifespan_years,
    revenue / active_customers * lifespan_years as clv_simple,
    revenue / active_customers * 1.1e0 / (0.1e0 + 1 / lifespan_years) as clv_discounted,
    to_date / customers as clv_historical,
    revenue * lifespan_years as equity,
    revenue * lifespan_years / sum(revenue * lifespan_years) over () as equity_share,
    'non_contractual' as churn_method,
    'revenue' as basis
from valued
