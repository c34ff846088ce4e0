/*---
summary: Band of a customer experience score.
kind: expression
args: [
  score: {type: expression, doc: "CX in percent."},
  excellent_from: {type: number, default: 85, doc: "Scores from it on are Excellent."},
  good_from: {type: number, default: 70, doc: "Scores from it on are Good."},
  rounding]
returns:
  type: string
  doc: "Excellent, Good or Critical; null where the score is null."
source: "Band edges of this project's KPI definitions: from 85, 70 to below 85, below 70."
example: {score: cx}
---*/
case
    when $score is null then null
    when (case when $rounding = 'integer' then floor(rounded($score, 6) + 0.5e0) else rounded($score, 6) end) >= $excellent_from then 'Excellent'
    when (case when $rounding = 'integer' then floor(rounded($score, 6) + 0.5e0) else rounded($score, 6) end) >= $good_from then 'Good'
    else 'Critical'
end
