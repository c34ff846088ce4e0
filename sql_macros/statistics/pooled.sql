/*---
summary: Mean over several rows of a relation of finished scores, from the sums that they carry.
kind: expression
args: [
  score_sum: {type: expression, doc: "Sum of weight * score of a row."},
  score_weight: {type: expression, doc: "Sum of the weights of a row."},
  answers: {type: expression, doc: "Answers of a row."},
  hidden_part: {type: expression, doc: "1 / number of hidden rows of the scheme and period; null where a row is not hidden."},
  period_start: {doc: "First day of the row's period, or what else tells groups of hidden rows apart."},
  min_n: {doc: "With fewer answers no mean is shown."}]
returns: {type: number, doc: "sum(score_sum) / sum(score_weight). Null where protected_total is."}
source: "A mean of means counts rows, not answers; hidden rows count in the total. See docs/decisions.md#totals."
example: {score_sum: nps_sum, score_weight: answer_weight, answers: answers, hidden_part: hidden_part, period_start: period_start}
---*/
protected_total(sum($score_sum) / nullif(sum($score_weight), 0), $answers, $hidden_part, $period_start, min_n := $min_n)
