/*---
summary: No review of a segment is overdue.
kind: relation
grain: one row per segment whose review is overdue
needs:
  segments: [scheme, segment, last_reviewed_at, review_interval_months]
args:
  interval_months: {type: integer, default: 6, min: 1, max: 120, doc: "Months between reviews where the mapping holds none."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
returns:
  item: {type: string, doc: "Segment."}
  detail: {type: string, doc: "Never reviewed, or Review overdue."}
  scheme: {type: string, doc: "Segmentation scheme."}
  last_reviewed_on: {type: date, doc: "Day of the last review."}
source: "Due after one interval, overdue after two, by calendar months. Where last_reviewed_at is not mapped nothing is overdue."
check:
  severity: warning
  fix: "Review the segments with their owner and write the day into last_reviewed_at."
---*/
select
    segment as item,
    case when last_reviewed_at is null then 'Never reviewed' else 'Review overdue' end as detail,
    scheme,
    day_of(last_reviewed_at) as last_reviewed_on
from segments
where
    is_mapped('segments', 'last_reviewed_at')
    and (
        last_reviewed_at is null
        or plus_months(month_start(last_reviewed_at), cast(2 * coalesce(review_interval_months, $interval_months) as int)) <= month_start($as_of)
    )
