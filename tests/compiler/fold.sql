-- Comparisons of literals are decided, and branches that they rule out are gone.
select case when 1 = 2 then rating when 'a' in ('a', 'b') then 2 * rating end as n from kpi__ratings;
select (2 * rating) as n from kpi__ratings;

-- A branch before one that always holds stays, where sqlglot's simplify drops it.
select case when rating is null then 'none' when true then 'some' end as n from kpi__ratings;
select case when rating is null then 'none' else 'some' end as n from kpi__ratings;

-- A case that never holds keeps its type.
select case when 1 = 2 then cast(rating as double) end as n from kpi__ratings;
select cast(null as double) as n from kpi__ratings;

-- Days are counted.
select customer_id from kpi__ratings where responded_at < plus_days(month_start(day_of('2026-09-30')), 1);
select customer_id from kpi__ratings where responded_at < day_of('2026-09-02');

-- A condition that always holds is none.
select customer_id from kpi__ratings where 1 = 1 or rating > 10;
select customer_id from kpi__ratings;
