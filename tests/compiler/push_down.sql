-- All readers ask for one metric: no other source is needed.
with kpi__high as (select customer_id from kpi__ratings where metric = 'value' and rating > 10)
select h.customer_id from kpi__high as h inner join kpi__ratings as r on h.customer_id = r.customer_id where r.metric = 'value';
-- asked ratings.metric = value
with kpi__high as (
    select
        customer_id
    from kpi__ratings
    where
        metric = 'value' and rating > 10
)
select
    h.customer_id
from kpi__high as h
inner join kpi__ratings as r
    on h.customer_id = r.customer_id
where
    r.metric = 'value';

-- One reader reads any: so does the statement.
with kpi__high as (select customer_id from kpi__ratings where metric = 'value' and rating > 10)
select h.customer_id from kpi__high as h inner join kpi__ratings as r on h.customer_id = r.customer_id;
with kpi__high as (
    select
        customer_id
    from kpi__ratings
    where
        metric = 'value' and rating > 10
)
select
    h.customer_id
from kpi__high as h
inner join kpi__ratings as r
    on h.customer_id = r.customer_id;
