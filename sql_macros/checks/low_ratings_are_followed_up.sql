/*---
summary: Every low experience rating is followed up in time.
grain: one row per response with a low experience rating and no timely follow-up
single_answers: true
args: [
  low_score, within_days,
  look_back_days: {type: integer, default: 365, min: 1, doc: "How far back ratings are looked at."},
  as_of]
returns: [
  item: {type: string, doc: "Response, or rating where it belongs to none."},
  detail: {type: string, doc: "Never followed up, or Followed up late."},
  customer, rating, responded_at,
  contacted_on: {type: date, doc: "Day of the first contact; null where there was none by as_of."}]
source: "Follow-up is the first contact, see contact_time. Ratings younger than within_days still have time."
check:
  severity: warning
  fix: "Call these customers, and let a low rating open a case by itself."
---*/
with low as (
    select response_id, rating_id, customer_id, rating, responded_at
    from rating_scores(metric := 'experience', scheme := 'All customers', as_of := $as_of)
    where
        score <= $low_score
        and day_of(responded_at) <= plus_days($as_of, -($within_days))
        and day_of(responded_at) > plus_days($as_of, -($look_back_days))
)

select
    coalesce(cast(l.response_id as text), cast(l.rating_id as text)) as item,
    case when c.contacted_at is null then 'Never followed up' else 'Followed up late' end as detail,
    cast(l.customer_id as text) as customer,
    l.rating,
    l.responded_at,
    day_of(c.contacted_at) as contacted_on
from low as l
left join first_contacts(as_of := $as_of) as c on l.response_id = c.response_id
where c.contacted_at is null or days_between(l.responded_at, c.contacted_at) > $within_days
