-- A column that people look at says what is missing; all else stays.
-- displayed country = coalesce(country, 'Not stated')
select customer_id, country from kpi__customers where country > '';
with kpi__displayed as (
    select
        customer_id,
        country
    from kpi__customers
    where
        country > ''
)
select
    customer_id,
    coalesce(country, 'Not stated') as country
from kpi__displayed;
