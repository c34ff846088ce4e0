/*---
summary: No review of a segment is overdue.
grain: one row per segment whose review is overdue
needs: [segments]
args: [interval_months, as_of]
returns: [
  item: {type: string, doc: "Segment."},
  detail: {type: string, doc: "Never reviewed, or Overdue."},
  scheme,
  last_reviewed_on: {type: date, doc: "Day of the last review."}]
source: "Overdue two intervals after the last review, see review_status. No row where last_reviewed_at is not mapped."
check:
  severity: warning
  fix: "Review the segments with their owner and write the day into last_reviewed_at."
---*/
select
    segment as item,
    review_status as detail,
    scheme,
    last_reviewed_on
from segments_due_for_review(interval_months := $interval_months, as_of := $as_of)
where review_status in ('Overdue', 'Never reviewed')
