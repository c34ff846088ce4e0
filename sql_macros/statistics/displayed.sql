/*---
summary: A score cut to one decimal, so that what is shown never contradicts its band.
kind: expression
args: [
  score: {type: expression, doc: "A score in percent."},
  strict_edge: {type: number, default: null, doc: "An edge that only scores above it pass, as 80 of CPV: 80.04 gives 80.1, not the 80.0 of the band below."}]
returns: {type: number, unit: percent, doc: "84.97 gives 84.9; null where the score is null."}
source: "Rounding down, not half up: 85.0 beside Good would be a contradiction."
example: {score: cx}
---*/
case
    when $strict_edge is null then floor(rounded($score * 1e1, 5)) / 1e1
    when rounded($score, 6) > $strict_edge and floor(rounded($score * 1e1, 5)) / 1e1 <= $strict_edge then $strict_edge + 1e-1
    else floor(rounded($score * 1e1, 5)) / 1e1
end
