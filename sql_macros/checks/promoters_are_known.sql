/*---
summary: Every NPS rating is on a scale whose promoters and detractors are known.
grain: one row per scale of which they are not
returns: [
  item: {type: string, doc: "nps."},
  detail: {type: string, doc: "How many ratings are on the scale."},
  lo, hi,
  uncounted_ratings: {type: integer, unit: ratings, doc: "Valid ratings on it, which are in no NPS."}]
source: "The rule of nps_balance. No row where every scale is 0 to 10, 1 to 10 or 0 to 100, or has limits of its own."
check:
  severity: error
  fix: "State the scale with promoter_from and detractor_to under `scales: nps` in kpi.yaml; where several scales are mixed, map top_from and bottom_to row by row."
---*/
with unknown as (
    select lo, hi, count(*) as uncounted_ratings
    from ratings
    where
        metric = 'nps'
        and is_valid_rating(rating, lo, hi, weight)
        and nps_balance(rating, lo, hi, direction, promoter_from := top_from, detractor_to := bottom_to) is null
    group by lo, hi
)

select
    'nps' as item,
    text_of(uncounted_ratings) || ' ratings are on a scale whose promoters nobody knows' as detail,
    lo,
    hi,
    uncounted_ratings
from unknown
