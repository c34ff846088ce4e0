with bought as (
    select distinct customer, cast(date_trunc('quarter', moment) as date) as quarter
    from purchases
    where moment < timestamp '2026-10-01 00:00:00' and amount >= 0
),

joined as (
    select customer, quarter, min(quarter) over (partition by customer) as cohort
    from bought
),

counted as (
    select cohort, quarter, count(*) as buyers
    from joined
    group by 1, 2
),

filled as (
    select
        s.cohort,
        s.buyers as n,
        p.quarter,
        coalesce(c.buyers, 0) as buyers,
        coalesce(c.buyers, 0) / cast(s.buyers as double precision) as share
    from counted as s
    inner join (select distinct quarter from counted) as p on s.cohort <= p.quarter
    left join counted as c on s.cohort = c.cohort and p.quarter = c.quarter
    where s.cohort = s.quarter
)

select
    extract(year from cohort) || '-Q' || extract(quarter from cohort) as cohort,
    cohort as cohort_start,
    cast((extract(year from quarter) - extract(year from cohort)) * 4
    + extract(quarter from quarter) - extract(quarter from cohort) as integer) as age,
    extract(year from quarter) || '-Q' || extract(quarter from quarter) as period,
    cast((2026 - extract(year from quarter)) * 4 + 3 - extract(quarter from quarter) as integer) as period_age,
    n as cohort_customers,
    buyers,
    share as retention,
    (share + 1.9208 / n - 1.96 * sqrt(share * (1 - share) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) as ci_low,
    (share + 1.9208 / n + 1.96 * sqrt(share * (1 - share) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) as ci_high
from filled
