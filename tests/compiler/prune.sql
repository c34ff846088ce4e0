-- A CTE that nobody reads is gone, and columns that nobody reads are.
with kpi__all as (select customer_id, rating, metric from kpi__ratings),
kpi__other as (select customer_id from kpi__customers)
select rating from kpi__all;
with kpi__all as (select rating from kpi__ratings) select rating from kpi__all;

-- The parts of a union lose the same places.
with kpi__both as (
    select customer_id, country as name from kpi__customers
    union all
    select customer_id, segment as name from kpi__segment_membership
)
select name from kpi__both;
with kpi__both as (
    select
        country as name
    from kpi__customers
    union all
    select
        segment as name
    from kpi__segment_membership
)
select
    name
from kpi__both;

-- Without its aggregates a select would give every row: it stays as it is.
with kpi__total as (select count(*) as n, max(rating) as most from kpi__ratings)
select c.customer_id from kpi__customers as c cross join kpi__total as t;
with kpi__total as (
    select
        count(*) as n,
        max(rating) as most
    from kpi__ratings
)
select
    c.customer_id
from kpi__customers as c
cross join kpi__total as t;

-- A left join to one row at most, of which nothing is read, is left out.
with kpi__sums as (select customer_id, sum(rating) as rating from kpi__ratings group by customer_id)
select c.customer_id from kpi__customers as c left join kpi__sums as s on c.customer_id = s.customer_id;
select c.customer_id from kpi__customers as c;
