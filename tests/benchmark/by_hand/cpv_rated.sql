    select
        coalesce(m.segment, 'Unassigned') as segment,
        r.quarter,
        count(*) as rated_customers,
        count(*) as answers,
        sum(cast(r.rating as double precision) * 10) as total,
        sum(cast(r.rating as double precision) * r.rating * 100) as squares
    from (
        select
            customer,
            rating,
            cast(date_trunc('quarter', moment) as date) as quarter,
            row_number() over (
                partition by customer, date_trunc('quarter', moment)
                order by moment desc, id desc
            ) as newest_first
        from ratings
        where rating between 0 and 10 and moment < timestamp '2026-10-01 00:00:00'
    ) as r
    left join member as m on r.customer = m.id
    where r.newest_first = 1
    group by 1, 2
