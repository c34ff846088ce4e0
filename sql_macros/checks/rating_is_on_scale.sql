/*---
summary: Every rating counts - it is there, lies on its scale and has a weight.
grain: one row per rating that does not count
single_answers: true
returns: [
  item: {type: string, doc: "Rating."},
  detail: {type: string, doc: "No rating, No scale, Below the scale, Above the scale, or Weight not above 0."},
  metric: {doc: "What was asked."}, rating, lo, hi, responded_at]
source: "The rule of is_valid_rating; scores leave these ratings out. No row where all ratings count, or there is none."
check:
  severity: error
  fix: "Correct the scale in kpi.yaml; leave codes such as -99 and empty answers out with `where`."
---*/
select
    cast(rating_id as text) as item,
    case
        when rating is null then 'No rating'
        when lo is null or hi is null then 'No scale'
        when rating < lo then 'Below the scale'
        when rating > hi then 'Above the scale'
        else 'Weight not above 0'
    end as detail,
    metric,
    rating,
    lo,
    hi,
    responded_at
from ratings
where case when is_valid_rating(rating, lo, hi, weight) then 0 else 1 end = 1
