-- Of the mapped columns those that are read, and of the sources those that are asked for.
select rating from kpi__ratings where metric = 'value';
with kpi__ratings as (
    select
        'value' as metric,
        cast(q_value as double) as rating
    from answers
)
select
    rating
from kpi__ratings
where
    metric = 'value';

-- What is not mapped has no rows, and typed columns.
select c.customer_id, t.value from kpi__customers as c left join kpi__targets as t on c.country = t.industry;
with kpi__customers as (
    select
        id as customer_id,
        land as country
    from people
), kpi__targets as (
    select
        cast(null as double) as value,
        cast(null as text) as industry
    where
        1 = 0
)
select
    c.customer_id,
    t.value
from kpi__customers as c
left join kpi__targets as t
    on c.country = t.industry;
