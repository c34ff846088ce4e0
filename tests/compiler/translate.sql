-- Divisions are in doubles, whatever the engine makes of two integers.
select sum(rating) / nullif(count(*), 0) as mean, sum(rating) / 2e0 as half from kpi__ratings;
select
    cast(sum(rating) as double) / nullif(count(*), 0) as mean,
    cast(sum(rating) as double) / 2e0 as half
from kpi__ratings;

-- Primitives are in the words of the engine.
select customer_id, days_between(day_of(responded_at), day_of('2026-09-30')) as age from kpi__ratings;
select
    customer_id,
    date_diff('DAY', cast(cast(responded_at as date) as date), cast(cast('2026-09-30' as date) as date)) as age
from kpi__ratings;
