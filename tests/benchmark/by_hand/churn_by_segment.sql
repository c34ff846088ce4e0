with quarters as (
    select customer, cast(date_trunc('quarter', moment) as date) as quarter, max(cast(moment as date)) as last_day
    from purchases
    where moment < timestamp '2026-10-01 00:00:00' and amount >= 0
    group by 1, 2
),

followed as (
    select customer, quarter, last_day, lead(quarter) over (partition by customer order by quarter) as next_quarter
    from quarters
),

periods as (
    select quarter, cast(quarter + interval '3 months' as date) as ends
    from (select distinct quarter from quarters where quarter > date '2023-10-01') as found
),

stood as (
    select
        f.customer,
        p.quarter,
        case when f.next_quarter = p.quarter or f.last_day >= p.ends - 181 then 0 else 1 end as was_lost
    from followed as f
    inner join periods as p
        on f.quarter < p.quarter and f.last_day >= p.quarter - 181 and (f.next_quarter is null or f.next_quarter >= p.quarter)
),

sums as (
    select coalesce(m.segment, 'Unassigned') as segment, s.quarter, count(*) as n, cast(sum(s.was_lost) as bigint) as lost
    from stood as s
    left join member as m on s.customer = m.id
    group by 1, 2
),

rates as (
    select *, cast(lost as double precision) / n as churn
    from sums
)

select
    'non_contractual' as churn_method,
    'Plan' as scheme,
    segment,
    extract(year from quarter) || '-Q' || extract(quarter from quarter) as period,
    quarter as period_start,
    cast((2026 - extract(year from quarter)) * 4 + 3 - extract(quarter from quarter) as integer) as period_age,
    n as customers,
    lost as lost_customers,
    churn,
    1 - churn as retention,
    (churn + 1.9208 / n - 1.96 * sqrt(churn * (1 - churn) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) as ci_low,
    (churn + 1.9208 / n + 1.96 * sqrt(churn * (1 - churn) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) as ci_high,
    churn - lag(churn) over (partition by segment order by quarter) as change
from rates
