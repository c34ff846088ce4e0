with days as (
    select
        customer,
        cast(moment as date) as day,
        sum(amount) as value,
        sum(case when amount >= 0 then 1 else 0 end) as purchases
    from purchases
    where moment < timestamp '2026-10-01 00:00:00'
    group by 1, 2
),

ordered as (
    select *, min(day) over (partition by customer) as first_day
    from days
)

select
    customer as customer_id,
    min(day) as first_purchase_on,
    max(day) as last_purchase_on,
    cast(sum(purchases) as bigint) as purchases,
    count(*) as purchase_days,
    count(*) - 1 as frequency,
    max(day) - min(day) as recency_days,
    date '2026-09-30' - min(day) as age_days,
    (max(day) - min(day)) / 7e0 as recency,
    (date '2026-09-30' - min(day)) / 7e0 as age,
    coalesce(avg(case when day > first_day then value end), 0) as monetary_value,
    sum(value) as revenue,
    sum(value) as margin,
    0 as holdout_frequency
from ordered
group by customer
