with bought as (
    select
        customer,
        count(*) as purchases,
        sum(amount) as revenue,
        sum(case when moment >= timestamp '2025-10-01 00:00:00' then 1 else 0 end) as year_purchases,
        sum(case when moment >= timestamp '2025-10-01 00:00:00' then amount else 0 end) as year_revenue,
        cast(min(moment) as date) as first_day,
        cast(max(moment) as date) as last_day,
        cast(max(case when moment < timestamp '2025-10-01 00:00:00' then moment end) as date) as last_before
    from purchases
    where moment < timestamp '2026-10-01 00:00:00'
    group by customer
),

placed as (
    select
        coalesce(m.segment, 'Unassigned') as segment,
        c.id as customer_id,
        b.first_day,
        b.last_day,
        coalesce(b.purchases, 0) as purchases,
        coalesce(b.revenue, 0) as revenue,
        cast(coalesce(b.year_purchases, 0) as bigint) as year_purchases,
        coalesce(b.year_revenue, 0) as year_revenue,
        case when b.last_day >= date '2026-04-03' then 1 else 0 end as is_active,
        case when b.last_before >= date '2025-04-03' then 1 else 0 end as was_active
    from customers as c
    left join member as m on c.id = m.id
    left join bought as b on c.id = b.customer
),

rates as (
    select
        segment,
        cast(sum(case when was_active = 1 and is_active = 0 then 1 else 0 end) as double precision) / sum(was_active) as churn
    from placed
    group by segment
),

rated as (
    select customer, rating * 10e0 as cx
    from (
        select
            customer,
            rating,
            row_number() over (partition by customer order by moment desc, id desc) as newest_first
        from ratings
        where rating between 0 and 10 and moment >= timestamp '2025-10-01 00:00:00' and moment < timestamp '2026-10-01 00:00:00'
    ) as answers
    where newest_first = 1
),

valued as (
    select
        p.*,
        n.cx,
        date '2026-09-30' - p.last_day as days_since,
        cast(p.last_day - p.first_day as double precision) / nullif(p.purchases - 1, 0) as gap,
        case when p.is_active = 1 then p.year_revenue * (case when r.churn * 5 > 1 then 1 / r.churn else 5 end) else 0e0 end as clv,
        case when p.is_active = 1 then p.year_revenue * 1.1e0 / (0.1e0 + (case when r.churn * 5 > 1 then r.churn else 0.2e0 end)) else 0e0 end as clv_discounted
    from placed as p
    inner join rates as r on p.segment = r.segment
    left join rated as n on p.customer_id = n.customer
),

tiered as (
    select
        *,
        avg(case when is_active = 1 then clv end) over () as mean_clv,
        ntile(4) over (partition by is_active order by round(clv * 1e6) desc, customer_id) as tier
    from valued
)

select
    'Plan' as scheme,
    segment,
    customer_id,
    purchases,
    revenue,
    revenue as margin,
    year_revenue / nullif(year_purchases, 0) as apv,
    year_purchases as purchase_frequency,
    first_day as first_purchase_on,
    last_day as last_purchase_on,
    days_since as days_since_purchase,
    is_active,
    revenue as clv_historical,
    clv,
    clv / mean_clv as clv_relative,
    floor(round(clv / mean_clv * 4, 6)) / 4 as clv_class,
    clv_discounted,
    case when is_active = 1 then tier end as tier,
    case
        when is_active = 0 then 'None'
        when tier = 1 then 'Platinum'
        when tier = 2 then 'Gold'
        when tier = 3 then 'Silver'
        else 'Bronze'
    end as clv_tier,
    cx,
    case
        when is_active = 0 then 'Lost'
        when cx < 70 then 'Critical experience'
        when days_since > 2 * gap and days_since > 30 then 'Overdue purchase'
        else 'None'
    end as risk
from tiered
