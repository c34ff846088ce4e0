/*---
summary: Customers in each segment at the end of each period.
kind: relation
grain: one row per scheme, segment and period
internal: true
needs:
  customers: [customer_id, created_at]
args:
  periods: {type: relation, doc: "The periods wanted: period_start."}
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them."}
  period: {type: choice, choices: [month, quarter, year], default: quarter, doc: "Length of a period."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day: the running period ends there."}
  fiscal_shift: {type: integer, default: {setting: fiscal_shift}, min: 0, max: 11, doc: "Months by which the fiscal year starts after January."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment; 'Unassigned' for customers without one."}
  period_start: {type: date, doc: "First day of the period."}
  customers: {type: integer, unit: customers, range: "[0, inf)", doc: "Customers on the period's last day."}
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
    from customers
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

moves as (
    select scheme, segment, joined_in as period_start, count(*) as change
    from members
    group by scheme, segment, joined_in
    union all
    select scheme, segment, left_in as period_start, -count(*) as change
    from members
    where left_in is not null
    group by scheme, segment, left_in
),

totals as (
    select arrived_in as period_start, count(*) as change
    from arrivals
    group by arrived_in
),

-- Whoever is in no segment is unassigned: all customers less the members.
changes as (
    select scheme, segment, period_start, change
    from moves
    union all
    select scheme, 'Unassigned' as segment, period_start, -change as change
    from moves
    union all
    select
        s.scheme,
        case when s.scheme = 'All customers' then 'All customers' else 'Unassigned' end as segment,
        t.period_start,
        t.change
    from totals as t
    cross join schemes(scheme := $scheme) as s
),

segments_found as (
    select scheme, segment
    from changes
    group by scheme, segment
),

steps as (
    select scheme, segment, period_start, change, 0 as is_wanted
    from changes
    union all
    select f.scheme, f.segment, p.period_start, 0 as change, 1 as is_wanted
    from segments_found as f
    cross join periods as p
),

stepped as (
    select scheme, segment, period_start, sum(change) as change, max(is_wanted) as is_wanted
    from steps
    group by scheme, segment, period_start
),

running as (
    select
        scheme,
        segment,
        period_start,
        is_wanted,
        sum(change) over (partition by scheme, segment order by period_start rows between unbounded preceding and current row) as customers
    from stepped
)

select scheme, segment, period_start, cast(customers as bigint) as customers
from running
where is_wanted = 1 and customers > 0
