/*---
summary: Band of a customer perceived value score.
kind: expression
args: [
  score: {type: expression, doc: "CPV in percent."},
  strong_above: {type: number, default: 80, doc: "Scores above it are Strong alignment."},
  moderate_from: {type: number, default: 60, doc: "Scores from it on are Moderate alignment."}]
returns:
  type: string
  doc: "Strong alignment, Moderate alignment or Significant disconnect; null where the score is null. Exactly 80 and exactly 60 are Moderate."
source: "Band edges of this project's KPI definitions: above 80, 60 to 80, below 60."
example: {score: cpv}
---*/
case
    when $score is null then null
    when rounded($score, 6) > $strong_above then 'Strong alignment'
    when rounded($score, 6) >= $moderate_from then 'Moderate alignment'
    else 'Significant disconnect'
end
