-- The tables of kpi.yaml, and what the pairs call: DuckDB has macros of its own, so that it can run
-- a statement before its calls are expanded. The test makes ours of the same text.
create table people as
select * from (values (1, 'DE'), (2, 'AT'), (3, null)) as t (id, land);

create table groups as
select * from (values (1, 'a'), (2, 'b'), (3, null)) as t (id, name);

create table answers as
select * from (
    values
        (1, 10, 3, timestamp '2026-09-01 10:00:00'),
        (1, 20, null, timestamp '2026-09-02 10:00:00'),
        (2, 30, 5, timestamp '2026-07-03 10:00:00'),
        (4, null, 4, timestamp '2026-09-04 10:00:00')
) as t (id, q_value, q_experience, answered);

create macro doubled(x) as 2 * x;

create macro grade(score, sort) as case when sort = 'pass' then case when score >= 15 then 'passed' else 'failed' end else 'none' end;

create macro rated(wanted) as table
with asked as (select customer_id, rating from ratings where metric = wanted)
select customer_id, rating from asked where rating is not null;

create macro counted(sort) as table
select country, count(*) as n from customers where sort = 'country' group by country
union all
select segment as country, count(*) as n from segment_membership where sort = 'segment' group by segment;
