/*---
summary: What one rating adds to a net promoter score - 1 by a promoter, -1 by a detractor, 0 by a passive customer.
kind: expression
args: [
  rating: {doc: "Likelihood to recommend."}, lo, hi, direction,
  promoter_from: {type: expression, default: null, doc: "Lowest rating of a promoter, of the turned-over scale where direction is -1; null: 9 on 0 or 1 to 10, 90 on 0 to 100."},
  detractor_to: {type: expression, default: null, doc: "Highest rating of a detractor; null: 6 on 0 or 1 to 10, 60 on 0 to 100."}]
returns:
  type: number
  range: "[-1, 1]"
  doc: "Null where the rating is null, and on a scale that does not say who is a promoter: another one than usual, without limits that lie on it."
source: "Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12), asks on 0 to 10; see docs/decisions.md#boxes."
example: {rating: recommend}
---*/
case
    when $lo is null or $hi is null then cast(null as double)
    when
        ($promoter_from is null or $detractor_to is null)
        and not (($lo = 0 and ($hi = 10 or $hi = 100)) or ($lo = 1 and $hi = 10)) then cast(null as double)
    when coalesce($promoter_from, $hi * 9 / 1e1) > $hi or coalesce($detractor_to, $hi * 6 / 1e1) < $lo then cast(null as double)
    when scaled_rating($rating, $lo, $hi, $direction, method := 'as_is') >= coalesce($promoter_from, $hi * 9 / 1e1) then 1e0
    when scaled_rating($rating, $lo, $hi, $direction, method := 'as_is') <= coalesce($detractor_to, $hi * 6 / 1e1) then -1e0
    when $rating is not null then 0e0
end
