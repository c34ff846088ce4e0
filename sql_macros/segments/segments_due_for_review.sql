/*---
summary: Segments whose review is due or overdue, or that were never reviewed.
grain: one row per segment of the catalogue
args: [
  scheme: {doc: "One segmentation scheme; null for all of them."},
  interval_months,
  include_current: {type: boolean, default: false, doc: "Also the segments that are not due."},
  as_of]
returns: [
  scheme, segment: {doc: "Segment."},
  owner: {type: string, doc: "Who is to review it."},
  last_reviewed_on: {type: date, doc: "Day of the last review; null where there was none."},
  months_since_review: {type: integer, unit: months, doc: "Calendar months from it to as_of."},
  due_on: {type: date, doc: "First day of the month in which the review is due; null where there was none."},
  review_status: {type: string, doc: "Due, Overdue, Never reviewed; Current where asked for. Where last_reviewed_at is not mapped there are no rows."}]
source: "See review_status."
---*/
with reviews as (
    select
        scheme,
        segment,
        owner,
        day_of(last_reviewed_at) as last_reviewed_on,
        calendar_months(last_reviewed_at, $as_of) as months_since_review,
        plus_months(month_start(last_reviewed_at), cast(coalesce(review_interval_months, $interval_months) as int)) as due_on,
        review_status(last_reviewed_at, coalesce(review_interval_months, $interval_months), as_of := $as_of) as review_status
    from segments
    where is_mapped('segments', 'last_reviewed_at') and ($scheme is null or scheme = $scheme)
)

select
    scheme,
    segment,
    owner,
    last_reviewed_on,
    months_since_review,
    due_on,
    review_status
from reviews
where $include_current or review_status <> 'Current'
