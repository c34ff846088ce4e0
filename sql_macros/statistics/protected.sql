/*---
summary: A figure, or null where fewer than min_n answers or customers are behind it.
kind: expression
args: [
  figure: {type: expression, doc: "What would be shown: a score, a share, a band."},
  answers: {type: expression, doc: "How many answers, or customers, it is made of."},
  min_n: {doc: "With fewer of them no figure is shown."}]
returns:
  type: number
  doc: "The figure; null where answers are fewer than min_n, or unknown."
source: "See docs/decisions.md#small-numbers."
example: {figure: avg(score), answers: count(*)}
---*/
case when $answers >= $min_n then $figure end
