/*---
summary: Whether a segment has been reviewed lately.
kind: expression
args: [
  last_reviewed_at: {type: expression, doc: "Day of the last review."},
  interval_months: {type: expression, default: 6, doc: "Months between reviews."},
  as_of: {doc: "Last complete day of the data."}]
returns:
  type: string
  doc: "Current, Due (one interval after the last review), Overdue (two intervals), Never reviewed. In calendar months, whatever the day."
source: "A segmentation is reviewed every six months and stale after a year."
example: {last_reviewed_at: last_reviewed_at}
---*/
case
    when $last_reviewed_at is null then 'Never reviewed'
    when calendar_months($last_reviewed_at, $as_of) >= 2 * $interval_months then 'Overdue'
    when calendar_months($last_reviewed_at, $as_of) >= $interval_months then 'Due'
    else 'Current'
end
