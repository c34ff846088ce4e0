-- Scores by segment and quarter with interval, band, coverage and change; RATED is filled in.
with rated as (
RATED
),

joined as (
    select
        coalesce(m.segment, 'Unassigned') as segment,
        cast(date_trunc('quarter', c.created) as date) as quarter,
        count(*) as n
    from customers as c
    left join member as m on c.id = m.id
    where c.created < date '2026-10-01'
    group by 1, 2
),

sizes as (
    select r.segment, r.quarter, cast(sum(j.n) as bigint) as customers
    from rated as r
    inner join joined as j on r.segment = j.segment and r.quarter >= j.quarter
    group by 1, 2
),

measured as (
    select
        r.*,
        s.customers,
        floor(total / answers * 1e6 + 0.5) / 1e6 as score,
        (squares - total * total / answers) / (answers - 1) / answers as squared_error
    from rated as r
    inner join sizes as s on r.segment = s.segment and r.quarter = s.quarter
),

bounded as (
    select
        *,
        score - 1.96 * sqrt(squared_error) as ci_low,
        score + 1.96 * sqrt(squared_error) as ci_high,
        lag(score) over w as previous,
        squared_error + lag(squared_error) over w as change_square
    from measured
    window w as (partition by segment order by quarter)
)

select
    'Plan' as scheme,
    segment,
    extract(year from quarter) || '-Q' || extract(quarter from quarter) as period,
    quarter as period_start,
    cast(extract(year from date '2026-07-01') - extract(year from quarter) as bigint) * 4
    + cast(extract(quarter from date '2026-07-01') - extract(quarter from quarter) as bigint) as period_age,
    customers,
    rated_customers,
    answers,
    cast(rated_customers as double precision) / customers as coverage,
    score,
    floor(score * 10) / 10 as score_shown,
    ci_low,
    ci_high,
    BAND(score) as band,
    case when BAND(ci_low) = BAND(ci_high) then 'certain' else 'uncertain' end as certainty,
    case when answers < 10 then 'hidden' when answers < 30 then 'directional' else 'reliable' end as reliability,
    previous,
    score - previous as change,
    (score - previous) / sqrt(change_square) as change_z,
    case
        when previous is null then null
        when score - previous > 1.96 * sqrt(change_square) then 'Up'
        when previous - score > 1.96 * sqrt(change_square) then 'Down'
        else 'No significant change'
    end as change_verdict
from bounded
