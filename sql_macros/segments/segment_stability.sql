/*---
summary: Share of customers who changed their segment in each period.
grain: one row per scheme and period
needs: [customers, segment_membership]
args: [
  scheme: {doc: "One segmentation scheme; null for all of them."},
  period, newest,
  as_of: {doc: "Last complete day of the data; the running period ends there."},
  fiscal_shift]
returns: [
  scheme: {doc: "Segmentation scheme. No memberships, no rows."},
  period, period_start, period_age,
  customers: {range: "[1, inf)", doc: "Customers when the period began; a period before the first customer has no row."},
  changed_customers: {type: integer, unit: customers, range: "[0, inf)", doc: "Those of them in another segment at its end, also from or to 'Unassigned'. Who changes and returns has not changed."},
  changed_share: {type: number, unit: share, range: "[0, 1]", doc: "Changed customers / customers."},
  stability: {type: number, unit: share, range: "[0, 1]", doc: "1 - changed_share."}]
source: "Off-diagonal share of the transition matrix of segment_migration."
---*/
with wanted as (
    select period_start, last_day
    from recent_periods(newest := $newest, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift)
),

arrivals as (
    select customer_id, created_at, period_start(created_at, period := $period, fiscal_shift := $fiscal_shift) as arrived_in
    from customer_list()
    where customer_id is not null
),

schemes as (
    select distinct scheme
    from memberships(scheme := $scheme)
),

arrived as (
    select arrived_in, count(*) as customers
    from arrivals
    group by arrived_in
),

bases as (
    select w.period_start, sum(a.customers) as customers
    from wanted as w
    inner join arrived as a on a.arrived_in is null or a.arrived_in < w.period_start
    group by w.period_start
),

edges as (
    select customer_id, scheme, period_start(joined_on, period := $period, fiscal_shift := $fiscal_shift) as period_start
    from memberships(scheme := $scheme)
    union
    select customer_id, scheme, period_start(left_on, period := $period, fiscal_shift := $fiscal_shift) as period_start
    from memberships(scheme := $scheme)
),

moves as (
    select
        e.customer_id,
        e.scheme,
        e.period_start,
        max(case when m.joined_on < w.period_start and m.left_on >= w.period_start then m.segment end) as segment_before,
        max(case when m.joined_on <= w.last_day and m.left_on > w.last_day then m.segment end) as segment_after
    from edges as e
    inner join wanted as w on e.period_start = w.period_start
    inner join arrivals as a on e.customer_id = a.customer_id and (a.arrived_in is null or a.arrived_in < w.period_start)
    inner join memberships(scheme := $scheme) as m on e.customer_id = m.customer_id and e.scheme = m.scheme
    group by e.customer_id, e.scheme, e.period_start
),

changes as (
    select
        scheme,
        period_start,
        sum(case when coalesce(segment_before, 'Unassigned') = coalesce(segment_after, 'Unassigned') then 0 else 1 end) as changed_customers
    from moves
    group by scheme, period_start
)

select
    s.scheme,
    period_label(b.period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    b.period_start,
    period_age(b.period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    cast(b.customers as bigint) as customers,
    cast(coalesce(c.changed_customers, 0) as bigint) as changed_customers,
    coalesce(c.changed_customers, 0) * 1e0 / nullif(b.customers, 0) as changed_share,
    1e0 - coalesce(c.changed_customers, 0) * 1e0 / nullif(b.customers, 0) as stability
from bases as b
cross join schemes as s
left join changes as c on b.period_start = c.period_start and s.scheme = c.scheme
