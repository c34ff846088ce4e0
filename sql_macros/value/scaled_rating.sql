/*---
summary: Score of a rating that is known to lie on its scale.
kind: expression
internal: true
args: [
  rating,
  lo: {type: expression, doc: "Lowest rating of the scale."},
  hi: {type: expression, doc: "Highest rating of the scale."},
  direction: {type: expression, doc: "1: a high rating is good; -1: it is bad and the scale is turned over."},
  method, boxes,
  top_from: {type: expression, default: null, doc: "Lowest rating of the top boxes, see top_box_from."}]
returns: {type: number, unit: percent, doc: "Score, of whatever rating it is: see score, which asks first whether the rating is valid."}
source: "See score."
example: {rating: "4.4", lo: 1, hi: 5, direction: 1}
---*/
case
    when $method = 'share_of_max' then 1e2 * (case when $direction < 0 then $lo + $hi - $rating else $rating end) / nullif($hi, 0)
    when $method = 'top_box' then case
        when (case when $direction < 0 then $lo + $hi - $rating else $rating end) >= top_box_from($lo, $hi, $top_from, boxes := $boxes) then 1e2
        else 0e0
    end
    when $method = 'as_is' then case when $direction < 0 then $lo + $hi - $rating else $rating end
    else 1e2 * (case when $direction < 0 then $hi - $rating else $rating - $lo end) / nullif($hi - $lo, 0)
end
