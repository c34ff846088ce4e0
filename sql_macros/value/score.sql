/*---
summary: Score of one rating, in percent of its scale.
kind: expression
args: [
  rating, lo, hi, direction,
  method: {doc: "minmax: percent of the range; share_of_max: percent of the highest rating; top_box: 100 in the top boxes, else 0; as_is: the rating."},
  boxes,
  top_from: {type: expression, default: null, doc: "Lowest rating of the top boxes, where the scale has other ones than usual."}]
returns:
  type: number
  unit: percent
  range: "[0, 100]"
  doc: "Null where the rating is null or outside its scale."
source: "Percent of maximum possible: Cohen, Cohen, Aiken & West (1999), Multivariate Behavioral Research 34(3); as in ACSI and ECSI."
example: {rating: "4.4", lo: 1, hi: 5}
---*/
case
    when $rating is null or $lo is null or $hi is null then null
    when $rating < $lo or $rating > $hi then null
    else scaled_rating($rating, $lo, $hi, $direction, method := $method, boxes := $boxes, top_from := $top_from)
end
