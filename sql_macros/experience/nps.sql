/*---
summary: Net promoter score of the ratings in a group.
kind: expression
args:
  rating: {type: expression, doc: "Likelihood to recommend, 0 to 10."}
  promoter_from: {type: number, default: 9, doc: "Lowest rating of a promoter."}
  detractor_to: {type: number, default: 6, doc: "Highest rating of a detractor."}
returns:
  type: number
  unit: points
  range: "[-100, 100]"
  doc: "Share of promoters less share of detractors; null where no rating lies in 0 to 10."
source: "Reichheld (2003), The One Number You Need to Grow, Harvard Business Review 81(12)."
example: {rating: recommend}
---*/
1e2 * (
    sum(case when $rating >= $promoter_from and $rating <= 10 then 1e0 else 0e0 end)
    - sum(case when $rating >= 0 and $rating <= $detractor_to then 1e0 else 0e0 end)
) / nullif(sum(case when $rating >= 0 and $rating <= 10 then 1e0 else 0e0 end), 0)
