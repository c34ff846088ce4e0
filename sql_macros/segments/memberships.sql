/*---
summary: From which day to which each customer belonged to which segment - never to two of a scheme at once.
grain: one row per customer, scheme and first day
internal: true
args: [scheme: {doc: "One segmentation scheme; null for all of them."}]
returns: [
  customer_id, scheme, segment: {doc: "Segment."}, joined_on,
  left_on: {type: date, doc: "First day after; 2199-12-31 where it is open. A later membership of the scheme ends an earlier one; of two that start on one day the last by name counts."}]
source: "Open ends as far days: engines hash a join on plain comparisons, and compare all pairs for `is null or`."
---*/
-- Without dates the last segment by name is a maximum, which needs no rows in order.
with followed as (
    select
        customer_id,
        scheme,
        segment,
        joined_on,
        left_on,
        lag(joined_on) over (
            partition by customer_id, scheme
            order by joined_on desc, segment desc, left_on desc
        ) as next_joined_on
    from membership_spells(scheme := $scheme)
)

select
    customer_id,
    scheme,
    max(segment) as segment,
    max(joined_on) as joined_on,
    max(left_on) as left_on
from membership_spells(scheme := $scheme)
where not (is_mapped('segment_membership', 'valid_from') or is_mapped('segment_membership', 'valid_to'))
group by customer_id, scheme
union all
select
    customer_id,
    scheme,
    segment,
    joined_on,
    case
        when is_mapped('segment_membership', 'valid_from') and next_joined_on < left_on then next_joined_on
        else left_on
    end as left_on
from followed
where
    (is_mapped('segment_membership', 'valid_from') or is_mapped('segment_membership', 'valid_to'))
    and (next_joined_on is null or next_joined_on > joined_on)
