/*---
summary: Half width of the 95 % interval of a net promoter score.
kind: expression
args: [
  promoters: {type: expression, doc: "Number of promoters."},
  detractors: {type: expression, doc: "Number of detractors."},
  answers: {type: expression, doc: "Number of valid answers."}]
returns:
  type: number
  unit: points
  range: "[0, 196]"
  doc: "1.96 standard errors; where all but one in a hundred agree, up to the farther end of an interval of one more promoter and one more detractor. Null without answers, and where the counts cannot be."
source: "Variance of a difference of two multinomial shares, p + d - (p - d)^2 over n; Rocks (2016), Interval estimation for the net promoter score, The American Statistician 70(4); where answers agree, Bonett & Price (2012), Journal of Educational and Behavioral Statistics 37(4)."
example: {promoters: promoters, detractors: detractors, answers: answers}
---*/
case
    when $promoters < 0 or $detractors < 0 or $promoters + $detractors > $answers then null
    when
        ($promoters + $detractors) * 1e0 / nullif($answers, 0)
        - ($promoters - $detractors) * 1e0 / nullif($answers, 0) * (($promoters - $detractors) * 1e0 / nullif($answers, 0)) < 1e-2
        then
            2e2 * abs($promoters - $detractors) / nullif($answers * 1e0 * ($answers + 2e0), 0)
            + 1.96e2 * sqrt(
                (
                    ($promoters + $detractors + 2e0) / nullif($answers + 2e0, 0)
                    - power(($promoters - $detractors) * 1e0 / nullif($answers + 2e0, 0), 2)
                ) / nullif($answers + 2e0, 0)
            )
    else
        1.96e2 * sqrt(
            (
                ($promoters + $detractors) * 1e0 / nullif($answers, 0)
                - ($promoters - $detractors) * 1e0 / nullif($answers, 0) * (($promoters - $detractors) * 1e0 / nullif($answers, 0))
            ) / nullif($answers, 0)
        )
end
