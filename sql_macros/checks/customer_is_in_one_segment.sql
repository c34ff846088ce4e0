/*---
summary: In each scheme a customer is in one segment at a time.
kind: relation
grain: one row per membership that begins before another one of the same customer and scheme has ended
needs:
  segment_membership: [customer_id, scheme, segment, valid_from, valid_to]
returns:
  item: {type: string, doc: "Customer."}
  detail: {type: string, doc: "The scheme and both segments."}
  scheme: {type: string, doc: "Segmentation scheme."}
  overlaps_from: {type: date, doc: "First day in both; null where it has no beginning."}
source: "valid_from <= day < valid_to. Such a customer counts in both segments, so that they add up to more than all."
check:
  severity: error
  fix: "Close the older membership with valid_to, or name the two groupings as two schemes."
---*/
with spans as (
    select
        customer_id,
        scheme,
        segment,
        valid_from,
        case when valid_from is null then day_of('1900-01-01') else day_of(valid_from) end as first_day,
        case when valid_to is null then day_of('9999-12-31') else day_of(valid_to) end as end_day
    from segment_membership
    where customer_id is not null
),

lined_up as (
    select
        customer_id,
        scheme,
        segment,
        valid_from,
        first_day,
        lag(segment) over (partition by customer_id, scheme order by first_day, end_day, segment) as before_segment,
        max(end_day) over (
            partition by customer_id, scheme
            order by first_day, end_day, segment
            rows between unbounded preceding and 1 preceding
        ) as before_end
    from spans
    where end_day > first_day
)

select
    cast(customer_id as text) as item,
    scheme || ': ' || before_segment || ' and ' || segment as detail,
    scheme,
    case when valid_from is not null then first_day end as overlaps_from
from lined_up
where before_end > first_day
