/*---
summary: Weighted mean of scores in a group.
kind: expression
args: [
  score: {type: expression, doc: "Score of a row, in percent."},
  weight: {type: expression, default: 1, doc: "Weight of a row."}]
returns: {type: number, unit: percent, range: "[0, 100]", doc: "Null where no row has a score."}
source: "sum(w x) / sum(w), rounded to the sixth decimal so that bands do not depend on noise."
example: {score: score, weight: weight}
---*/
rounded(
    sum($score * $weight) / nullif(sum(case when $score is null then 0e0 else $weight end), 0),
    6
)
