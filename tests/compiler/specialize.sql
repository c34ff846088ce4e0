-- A constant decides a condition.
select customer_id
from kpi__segment_membership
where scheme = 'Plan' and customer_id > 1;
select customer_id from kpi__segment_membership where customer_id > 1;

-- A condition that never holds is false.
select customer_id
from kpi__segment_membership
where scheme = 'Region' or scheme is null;
-- rows = none
select customer_id from kpi__segment_membership where false;

-- Null is neither equal nor unequal.
select customer_id
from kpi__ratings
where not brand = 'ours';
-- rows = none
select customer_id from kpi__ratings where false;

-- What is coalesced keeps its type.
select coalesce(weight, 1) as w, coalesce(brand, 'none') as b
from kpi__ratings;
-- w = cast(1 as double)
-- b = 'none'
select cast(1 as double) as w, 'none' as b from kpi__ratings;

-- Constant keys group nothing.
select scheme, segment, count(*) as n
from kpi__segment_membership
group by scheme, segment;
-- scheme = 'Plan'
select 'Plan' as scheme, segment, count(*) as n from kpi__segment_membership group by segment;

-- The last key stays.
select scheme, count(*) as n
from kpi__segment_membership
group by scheme;
-- scheme = 'Plan'
select scheme, count(*) as n from kpi__segment_membership group by scheme;

-- A window has no keys of one value.
select scheme, segment, row_number() over (partition by scheme order by scheme, segment) as n
from kpi__segment_membership
where segment > ''
group by scheme, segment;
-- scheme = 'Plan'
select
    'Plan' as scheme,
    segment,
    row_number() over (order by segment) as n
from kpi__segment_membership
where
    segment > ''
group by
    segment;

-- What a window orders by alone stays.
select scheme, segment, count(*) over (order by scheme) as n
from kpi__segment_membership
where segment > ''
group by scheme, segment;
-- scheme = 'Plan'
select
    'Plan' as scheme,
    segment,
    count(*) over (order by scheme) as n
from kpi__segment_membership
where
    segment > ''
group by
    scheme,
    segment;

-- A join on constants alone has no condition.
with kpi__one as (select '' as named, true as is_own)
select m.customer_id, b.named
from kpi__segment_membership as m
inner join kpi__one as b on m.scheme = 'Plan' and b.is_own;
-- named = ''
with kpi__one as (
    select
        '' as named,
        true as is_own
)
select
    m.customer_id,
    '' as named
from kpi__segment_membership as m;

-- What has no rows is not joined.
select m.customer_id, g.value
from kpi__segment_membership as m
left join kpi__targets as g on m.segment = g.segment;
-- value = cast(null as double)
select m.customer_id, cast(null as double) as value from kpi__segment_membership as m;

-- What has one row of constants is not joined.
with kpi__one as (select '' as named, true as is_own)
select r.customer_id
from kpi__ratings as r
left join kpi__one as b on coalesce(r.brand, '') = b.named
where b.is_own;
with kpi__one as (select '' as named, true as is_own) select r.customer_id from kpi__ratings as r;

-- A row that a left join may miss is not known.
with kpi__one as (select '' as named, true as is_own)
select m.customer_id, m.scheme, b.is_own
from kpi__segment_membership as m
left join kpi__one as b on m.segment = b.named;
-- scheme = 'Plan'
with kpi__one as (
    select
        '' as named,
        true as is_own
)
select
    m.customer_id,
    'Plan' as scheme,
    b.is_own as is_own
from kpi__segment_membership as m
left join kpi__one as b
    on m.segment = b.named;

-- A constant beside a left join may be missing.
select r.customer_id, m.scheme
from kpi__ratings as r
left join kpi__segment_membership as m on r.customer_id = m.customer_id;
select
    r.customer_id,
    m.scheme as scheme
from kpi__ratings as r
left join kpi__segment_membership as m
    on r.customer_id = m.customer_id;

-- One row at most is joined for nothing.
with kpi__one as (select '' as named, true as is_own)
select m.customer_id
from kpi__segment_membership as m
left join kpi__one as b on m.segment = b.named;
with kpi__one as (select '' as named, true as is_own) select m.customer_id from kpi__segment_membership as m;

-- The same value with and without the joined row.
with kpi__one as (select '' as named, true as is_own)
select m.customer_id, coalesce(b.named, '') as named, coalesce(b.named, 'x') as other
from kpi__segment_membership as m
left join kpi__one as b on m.segment = b.named;
-- named = ''
with kpi__one as (
    select
        '' as named,
        true as is_own
)
select
    m.customer_id,
    '' as named,
    coalesce(b.named, 'x') as other
from kpi__segment_membership as m
left join kpi__one as b
    on m.segment = b.named;

-- Nothing is added to what has rows.
select segment, scheme
from kpi__segment_membership
union all
select segment, industry
from kpi__targets;
-- scheme = 'Plan'
select segment as segment, 'Plan' as scheme from kpi__segment_membership;

-- The first of a union names its columns.
select segment, value
from kpi__targets
union all
select brand as b, rating as s
from kpi__ratings;
select cast(null as text) as segment, rating as value from kpi__ratings;

-- Weights of one are a count.
select customer_id, sum(coalesce(weight, 1e0)) as w, sum(weight) as s, count(weight) as n
from kpi__ratings
group by customer_id;
-- s = cast(null as double)
-- n = cast(0 as bigint)
select
    customer_id,
    cast(count(*) as double) as w,
    cast(null as double) as s,
    cast(0 as bigint) as n
from kpi__ratings
group by
    customer_id;

-- An aggregate without groups gives its row.
select max(value) as value, count(*) as n
from kpi__targets;
-- value = cast(null as double)
-- n = cast(0 as bigint)
-- rows = one
select max(value) as value, count(*) as n from kpi__targets;

-- What is known of a CTE specializes who reads it.
with kpi__most as (select max(value) as goal, count(*) as n from kpi__targets)
select m.customer_id, t.goal, t.n
from kpi__segment_membership as m
cross join kpi__most as t;
-- goal = cast(null as double)
-- n = cast(0 as bigint)
with kpi__most as (
    select
        max(value) as goal,
        count(*) as n
    from kpi__targets
)
select
    m.customer_id,
    cast(null as double) as goal,
    cast(0 as bigint) as n
from kpi__segment_membership as m;

-- A set of distinct rows stays.
select segment from kpi__segment_membership union select segment from kpi__targets;
select segment from kpi__segment_membership union select cast(null as text) as segment from kpi__targets;
