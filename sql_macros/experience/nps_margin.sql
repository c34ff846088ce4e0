/*---
summary: Half width of the 95 % interval of a net promoter score.
kind: expression
args:
  promoters: {type: expression, doc: "Number of promoters."}
  detractors: {type: expression, doc: "Number of detractors."}
  answers: {type: expression, doc: "Number of valid answers."}
returns:
  type: number
  unit: points
  range: "[0, 196]"
  doc: "1.96 standard errors; null without answers, and where the counts cannot be."
source: "Variance of a difference of two multinomial shares, p + d - (p - d)^2 over n; Rocks (2016), Interval estimation for the net promoter score, The American Statistician 70(4)."
example: {promoters: promoters, detractors: detractors, answers: answers}
---*/
case
    when $promoters < 0 or $detractors < 0 or $promoters + $detractors > $answers then null
    else
        1.96e2 * sqrt(
            (
                ($promoters + $detractors) * 1e0 / nullif($answers, 0)
                - ($promoters - $detractors) * 1e0 / nullif($answers, 0) * (($promoters - $detractors) * 1e0 / nullif($answers, 0))
            ) / nullif($answers, 0)
        )
end
