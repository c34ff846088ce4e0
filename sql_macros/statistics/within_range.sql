/*---
summary: An end of an interval of a difference, which is never larger than the range of scores.
kind: expression
internal: true
args: [
  bound: {type: expression, doc: "The end of the interval."},
  score_range: {type: expression, doc: "Highest less lowest score that there can be."}]
returns: {type: number, doc: "The end, from minus the range to the range; null where either is null."}
source: "A difference of two scores lies within the range of scores."
---*/
case
    when $bound > $score_range then $score_range
    when $bound < -$score_range then -$score_range
    else $bound
end
