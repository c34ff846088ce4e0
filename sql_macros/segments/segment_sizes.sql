/*---
summary: Customers in each segment at the ends of periods - from the period in which their number changes to the next such period.
grain: one row per scheme, segment and period of a change
internal: true
needs: [customers]
args: [
  scheme: {doc: "One segmentation scheme; null for all of them."},
  period,
  as_of: {doc: "Last complete day: the running period ends there."},
  fiscal_shift]
returns: [
  scheme, segment,
  from_period: {type: date, doc: "First day of the first period that it holds for."},
  to_period: {type: date, doc: "First day of the first period that it no longer holds for; 2199-12-31 where it still does."},
  customers: {range: "[1, inf)", doc: "Customers on the last day of each of these periods."}]
source: "Running sum of arrivals and departures: one pass over memberships, whatever the number of periods."
---*/
with arrivals as (
    select
        customer_id,
        case when created_at is null then day_of('1900-01-01') else day_of(created_at) end as arrived_on,
        period_start(
            case when created_at is null then day_of('1900-01-01') else day_of(created_at) end,
            period := $period, fiscal_shift := $fiscal_shift
        ) as arrived_in
    from customer_list()
    where created_at is null or created_at < plus_days($as_of, 1)
),

members as (
    select
        m.scheme,
        m.segment,
        period_start(
            case when m.joined_on < a.arrived_on then a.arrived_on else m.joined_on end,
            period := $period, fiscal_shift := $fiscal_shift
        ) as joined_in,
        case when m.left_on <= $as_of then period_start(m.left_on, period := $period, fiscal_shift := $fiscal_shift) end as left_in
    from memberships(scheme := $scheme) as m
    inner join arrivals as a on m.customer_id = a.customer_id
    where m.joined_on <= $as_of and m.left_on > a.arrived_on
),

stays as (
    select scheme, segment, joined_in, left_in, count(*) as customers
    from members
    group by scheme, segment, joined_in, left_in
),

signs as (
    select 1 as sign
    union all
    select -1 as sign
),

totals as (
    select arrived_in, count(*) as customers
    from arrivals
    group by arrived_in
),

-- Who joins a segment was unassigned, and is so again after leaving it.
changes as (
    select
        s.scheme,
        case when t.sign = 1 then s.segment else 'Unassigned' end as segment,
        case when e.sign = 1 then s.joined_in else s.left_in end as period_start,
        t.sign * e.sign * s.customers as change
    from stays as s
    cross join signs as t
    cross join signs as e
    where e.sign = 1 or s.left_in is not null
    union all
    select
        s.scheme,
        case when s.scheme = 'All customers' then 'All customers' else 'Unassigned' end as segment,
        t.arrived_in as period_start,
        t.customers as change
    from totals as t
    cross join schemes(scheme := $scheme) as s
),

stepped as (
    select scheme, segment, period_start, sum(change) as change
    from changes
    group by scheme, segment, period_start
),

running as (
    select
        scheme,
        segment,
        period_start,
        lag(period_start) over (partition by scheme, segment order by period_start desc) as next_start,
        sum(change) over (partition by scheme, segment order by period_start rows between unbounded preceding and current row) as customers
    from stepped
)

select
    scheme,
    segment,
    period_start as from_period,
    coalesce(next_start, day_of('2199-12-31')) as to_period,
    cast(customers as bigint) as customers
from running
where customers > 0
