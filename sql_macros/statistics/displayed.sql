/*---
summary: A score cut to one decimal, so that what is shown never contradicts its band.
kind: expression
args:
  score: {type: expression, doc: "A score in percent."}
returns: {type: number, unit: percent, doc: "84.97 gives 84.9; null where the score is null."}
source: "Rounding down, not half up: 85.0 beside Good would be a contradiction."
example: {score: cx}
---*/
floor(rounded($score * 1e1, 5)) / 1e1
