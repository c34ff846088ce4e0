/*---
summary: Lower end of the 95 % interval of a share.
kind: expression
args: [
  hits,
  answers: {type: expression, doc: "Number of rows in all, n."}]
returns:
  type: number
  unit: share
  range: "[0, 1]"
  doc: "Null without rows; 0 where nothing counts."
source: "Wilson (1927), Probable inference, Journal of the American Statistical Association 22; method 3 of Newcombe (1998), Statistics in Medicine 17."
example: {hits: satisfied, answers: answers}
---*/
($hits + 1.9208e0 - 1.96e0 * sqrt($hits * 1e0 * ($answers - $hits) / nullif($answers, 0) + 0.9604e0))
/ nullif($answers + 3.8416e0, 0)
