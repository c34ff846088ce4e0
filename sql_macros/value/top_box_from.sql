/*---
summary: Lowest rating of the top boxes of a scale, with its good end up.
kind: expression
internal: true
args: [
  lo: {type: expression, doc: "Lowest rating of the scale."},
  hi: {type: expression, doc: "Highest rating of the scale."},
  top_from: {type: expression, default: null, doc: "What the mapping states; null for the usual boxes."},
  boxes: {doc: "How many of the highest ratings are the top boxes, whatever the mapping states."}]
returns: {type: number, doc: "The highest rating of up to three, the second highest of four to eleven, else the rating above which the top 40 % of the scale lie."}
source: "Two of five boxes are usual for CSAT, and are 40 % of the scale; see docs/decisions.md#boxes."
example: {lo: 1, hi: 5}
---*/
case
    when $boxes is not null then $hi - $boxes + 1
    when $top_from is not null then $top_from
    when $hi - $lo < 3 then $hi
    when $hi - $lo <= 10 then $hi - 1
    else $hi - 4 * ($hi - $lo) / 1e1
end
