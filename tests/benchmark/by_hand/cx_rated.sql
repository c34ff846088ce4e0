    select
        coalesce(m.segment, 'Unassigned') as segment,
        cast(date_trunc('quarter', r.moment) as date) as quarter,
        count(distinct r.customer) as rated_customers,
        count(*) as answers,
        sum(cast(r.rating as double precision) * 10) as total,
        sum(cast(r.rating as double precision) * r.rating * 100) as squares
    from ratings as r
    left join member as m on r.customer = m.id
    where r.rating between 0 and 10 and r.moment < timestamp '2026-10-01 00:00:00'
    group by 1, 2
