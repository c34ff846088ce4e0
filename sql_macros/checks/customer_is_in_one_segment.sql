/*---
summary: In each scheme a customer is in one segment at a time.
grain: one row per membership that begins before another one of the same customer and scheme has ended
needs: [segment_membership]
returns: [
  item: {type: string, doc: "Customer."},
  detail: {type: string, doc: "The scheme and both segments."},
  scheme,
  overlaps_from: {type: date, doc: "First day in both; null where it has no beginning."}]
source: "valid_from <= day < valid_to. Such a customer counts in both segments, so that they add up to more than all."
check:
  severity: error
  fix: "Close the older membership with valid_to, or name the two groupings as two schemes."
---*/
with lined_up as (
    select
        customer_id,
        scheme,
        segment,
        joined_on,
        lag(segment) over (partition by customer_id, scheme order by joined_on, left_on, segment) as before_segment,
        max(left_on) over (
            partition by customer_id, scheme
            order by joined_on, left_on, segment
            rows between unbounded preceding and 1 preceding
        ) as before_end
    from membership_spells()
)

select
    cast(customer_id as text) as item,
    scheme || ': ' || before_segment || ' and ' || segment as detail,
    scheme,
    case when joined_on > day_of('1900-01-01') then joined_on end as overlaps_from
from lined_up
where before_segment is not null and before_end > joined_on
