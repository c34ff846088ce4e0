-- An argument takes the place of its name.
-- $least = 15
select customer_id from ratings where rating >= $least;
select customer_id from kpi__ratings where rating >= 15;

-- A call takes what it stands for, in parentheses where it must.
select 1 + doubled(rating + 1) as n from ratings;
select 1 + (2 * (rating + 1)) as n from kpi__ratings;

-- A branch that an argument rules out is not written.
-- $sort = 'pass'
select grade(rating, $sort) as grade from ratings;
select (case when rating >= 15 then 'passed' else 'failed' end) as grade from kpi__ratings;

-- A relation is a CTE, and so are its own CTEs; the columns keep their names.
select r.customer_id from rated(wanted := 'value') as r where r.rating > 10;
with kpi__asked as (
    select
        customer_id,
        rating
    from kpi__ratings
    where
        metric = 'value'
), kpi__rated as (
    select
        customer_id,
        rating
    from kpi__asked
    where
        not rating is null
)
select
    kpi__r.customer_id
from kpi__rated as kpi__r
where
    kpi__r.rating > 10;

-- Two calls with the same arguments are one CTE, and with others another.
select a.customer_id, b.rating, c.rating as other
from rated(wanted := 'value') as a
inner join rated(wanted := 'value') as b on a.customer_id = b.customer_id
left join rated(wanted := 'experience') as c on a.customer_id = c.customer_id;
with kpi__asked as (
    select
        customer_id,
        rating
    from kpi__ratings
    where
        metric = 'value'
), kpi__rated as (
    select
        customer_id,
        rating
    from kpi__asked
    where
        not rating is null
), kpi__asked_2 as (
    select
        customer_id,
        rating
    from kpi__ratings
    where
        metric = 'experience'
), kpi__rated_2 as (
    select
        customer_id,
        rating
    from kpi__asked_2 as kpi__asked
    where
        not rating is null
)
select
    kpi__a.customer_id,
    kpi__b.rating,
    kpi__c.rating as other
from kpi__rated as kpi__a
inner join kpi__rated as kpi__b
    on kpi__a.customer_id = kpi__b.customer_id
left join kpi__rated_2 as kpi__c
    on kpi__a.customer_id = kpi__c.customer_id;

-- Part of a union that an argument empties is gone, and with it what it reads.
select country, n from counted(sort := 'country');
with kpi__counted as (
    select
        country,
        count(*) as n
    from kpi__customers
    group by
        country
)
select
    country,
    n
from kpi__counted;
