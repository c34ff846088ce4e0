/*---
summary: Whether a rating counts - it is there, lies on its scale and has a weight.
kind: expression
args: [
  rating, lo, hi,
  weight: {type: expression, default: 1, doc: "Weight of the rating; null counts as 1."}]
returns:
  type: boolean
  doc: "True, or else false; null where rating, lo or hi is null, which a where clause takes as false."
source: "lo <= rating <= hi and weight above 0 and finite (NaN is above all numbers, or not comparable); scores and the check rating_is_on_scale read this one rule, see docs/decisions.md#validity."
example: {rating: "4.4", lo: 1, hi: 5}
---*/
$rating >= $lo and $rating <= $hi and coalesce($weight, 1e0) > 0 and coalesce($weight, 1e0) < 1e300
