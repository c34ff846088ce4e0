/*---
summary: Pearson correlation from the sums of a group.
kind: expression
args: [
  answers: {type: expression, doc: "Number of pairs, n, or the sum of their weights."},
  x: {type: expression, doc: "Sum of x."}, y: {type: expression, doc: "Sum of y."},
  xx: {type: expression, doc: "Sum of x * x."},
  yy: {type: expression, doc: "Sum of y * y."},
  xy: {type: expression, doc: "Sum of x * y."}]
returns: {type: number, range: "[-1, 1]", doc: "Null where x or y does not vary, and without pairs."}
source: "(n xy - x y) / sqrt((n xx - x x) (n yy - y y)); sums of values that lie around 0 keep its digits."
example: {answers: answers, x: sum_x, y: sum_y, xx: sum_xx, yy: sum_yy, xy: sum_xy}
---*/
case
    when $answers * $xx - $x * $x > 1e-12 * $answers * $xx and $answers * $yy - $y * $y > 1e-12 * $answers * $yy
        then ($answers * $xy - $x * $y) / nullif(sqrt($answers * $xx - $x * $x) * sqrt($answers * $yy - $y * $y), 0)
end
