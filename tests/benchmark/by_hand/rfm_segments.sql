with bought as (
    select
        customer,
        max(cast(moment as date)) as last_purchase_on,
        count(*) as purchases,
        sum(amount) as spent
    from purchases
    where moment < timestamp '2026-10-01 00:00:00'
    group by customer
),

ranked as (
    select
        *,
        6 - ntile(5) over (order by last_purchase_on desc, customer) as r,
        6 - ntile(5) over (order by purchases desc, customer) as f,
        6 - ntile(5) over (order by round(spent * 1e6) desc, customer) as m
    from bought
)

select
    customer as customer_id,
    last_purchase_on,
    date '2026-09-30' - last_purchase_on as days_since_purchase,
    purchases,
    spent,
    r as recency_score,
    f as frequency_score,
    m as monetary_score,
    r || '-' || f || '-' || m as rfm,
    case
        when r = 5 and f >= 4 then 'Champions'
        when r >= 3 and f >= 4 then 'Loyal'
        when r >= 4 and f >= 2 then 'Potential loyalists'
        when r = 5 then 'New customers'
        when r = 4 then 'Promising'
        when r = 3 and f = 3 then 'Need attention'
        when r = 3 then 'About to sleep'
        when f = 5 then 'Cannot lose'
        when f >= 3 then 'At risk'
        else 'Hibernating'
    end as segment
from ranked
