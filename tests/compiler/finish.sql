-- The statement is one tree.
with kpi__asked as (select customer_id from kpi__customers where country = 'DE')
select customer_id from kpi__asked;
with kpi__asked as (
    select
        customer_id
    from kpi__customers
    where
        country = 'DE'
)
select
    customer_id
from kpi__asked;
