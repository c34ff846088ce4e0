/*---
summary: Weighted score of an offer from its scores on up to six criteria.
kind: expression
args: [
  score_1: {type: expression, doc: "Score of the first criterion."},
  weight_1: {type: number, min: 0, doc: "Its weight; weights need not sum to 1."},
  score_2: {type: expression, default: null, doc: "Score of another one; a null score leaves its weight out."},
  weight_2: {type: number, default: 0, min: 0, doc: "Its weight; weights need not sum to 1."},
  score_3: {type: expression, default: null, doc: "Score of another one; a null score leaves its weight out."},
  weight_3: {type: number, default: 0, min: 0, doc: "Its weight; weights need not sum to 1."},
  score_4: {type: expression, default: null, doc: "Score of another one; a null score leaves its weight out."},
  weight_4: {type: number, default: 0, min: 0, doc: "Its weight; weights need not sum to 1."},
  score_5: {type: expression, default: null, doc: "Score of another one; a null score leaves its weight out."},
  weight_5: {type: number, default: 0, min: 0, doc: "Its weight; weights need not sum to 1."},
  score_6: {type: expression, default: null, doc: "Score of another one; a null score leaves its weight out."},
  weight_6: {type: number, default: 0, min: 0, doc: "Its weight; weights need not sum to 1."}]
returns:
  type: number
  unit: that of the scores
  doc: "Weighted mean of the scores that are there, so it lies between the lowest and the highest of them; null where all scores are null or all weights 0."
source: "Weighted scoring model; weighted mean as in Keeney & Raiffa (1976), Decisions with multiple objectives, additive form."
example: {score_1: quality, weight_1: 0.5, score_2: service, weight_2: 0.3, score_3: price, weight_3: 0.2}
---*/
(
    (case when $score_1 is null then 0e0 else $weight_1 * $score_1 end)
    + (case when $score_2 is null then 0e0 else $weight_2 * $score_2 end)
    + (case when $score_3 is null then 0e0 else $weight_3 * $score_3 end)
    + (case when $score_4 is null then 0e0 else $weight_4 * $score_4 end)
    + (case when $score_5 is null then 0e0 else $weight_5 * $score_5 end)
    + (case when $score_6 is null then 0e0 else $weight_6 * $score_6 end)
)
/ nullif(
    (
        (case when $score_1 is null then 0e0 else $weight_1 end)
        + (case when $score_2 is null then 0e0 else $weight_2 end)
        + (case when $score_3 is null then 0e0 else $weight_3 end)
        + (case when $score_4 is null then 0e0 else $weight_4 end)
        + (case when $score_5 is null then 0e0 else $weight_5 end)
        + (case when $score_6 is null then 0e0 else $weight_6 end)
    ),
    0
)
