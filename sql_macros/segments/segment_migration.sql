/*---
summary: How many customers moved from which segment to which between the ends of two periods.
grain: one row per scheme, whether the customers are new, segment before and segment after
needs: [segment_membership]
args: [
  scheme: {doc: "One segmentation scheme; null for all of them."},
  period,
  from_age: {type: integer, default: 1, min: 0, max: 100, doc: "Age of the earlier period, see period_age."},
  to_age: {type: integer, default: 0, min: -1, max: 100, doc: "Age of the later period; -1 is the running one, which ends on as_of."},
  as_of, fiscal_shift]
returns: [
  scheme: {doc: "Segmentation scheme. No memberships, no rows."},
  from_segment: {type: string, doc: "Segment at the end of the earlier period; 'Unassigned' without one, 'New customers' for who was none yet."},
  to_segment: {type: string, doc: "Segment at the end of the later period; 'Unassigned' without one."},
  customers: {range: "[1, inf)", doc: "Customers who took this way; a way that nobody took has no row."},
  share: {type: number, unit: share, range: "(0, 1]", doc: "Share of the customers of from_segment, apart for new customers."},
  has_moved: {type: integer, range: "0 or 1", doc: "1 where a customer who was one before is in another segment."},
  is_new: {type: integer, range: "0 or 1", doc: "1 for customers who were none yet at the end of the earlier period, also where a segment is called like them."}]
source: "Counts of a transition matrix, with the row shares that estimate its probabilities."
---*/
with days as (
    select
        age_last_day($from_age, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as from_day,
        age_last_day($to_age, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as to_day
),

schemes as (
    select distinct scheme
    from memberships(scheme := $scheme)
),

placed as (
    select
        c.customer_id,
        s.scheme,
        max(case when day_of(c.created_at) > d.from_day then 1 else 0 end) as is_new,
        max(case when m.joined_on <= d.from_day and m.left_on > d.from_day then m.segment end) as segment_before,
        max(case when m.joined_on <= d.to_day and m.left_on > d.to_day then m.segment end) as segment_after
    from customers as c
    cross join days as d
    cross join schemes as s
    left join memberships(scheme := $scheme) as m on c.customer_id = m.customer_id and s.scheme = m.scheme
    where c.customer_id is not null and (c.created_at is null or day_of(c.created_at) <= d.to_day)
    group by c.customer_id, s.scheme
),

named as (
    select
        scheme,
        is_new,
        case when is_new = 1 then 'New customers' else coalesce(segment_before, 'Unassigned') end as from_segment,
        coalesce(segment_after, 'Unassigned') as to_segment
    from placed
),

ways as (
    select scheme, is_new, from_segment, to_segment, count(*) as customers
    from named
    group by scheme, is_new, from_segment, to_segment
)

select
    scheme,
    from_segment,
    to_segment,
    customers,
    customers * 1e0 / nullif(sum(customers) over (partition by scheme, is_new, from_segment), 0) as share,
    case when from_segment = to_segment or is_new = 1 then 0 else 1 end as has_moved,
    is_new
from ways
