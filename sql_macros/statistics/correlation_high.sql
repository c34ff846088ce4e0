/*---
summary: Upper end of the 95 % interval of a correlation.
kind: expression
args: [
  r: {type: expression, doc: "Pearson correlation."},
  answers: {type: expression, doc: "Number of pairs, n."}]
returns: {type: number, range: "[-1, 1]", doc: "Null below four pairs and where r is null."}
source: "tanh(atanh(r) + 1.96 / sqrt(n - 3)), Fisher (1915), Biometrika 10, written without the logarithm so that r = 1 needs no exception."
example: {r: "0.5", answers: 28}
---*/
case
    when $answers > 3 then
        ((1e0 + $r) * exp(3.92e0 / nullif(sqrt($answers - 3e0), 0)) - (1e0 - $r))
        / nullif((1e0 + $r) * exp(3.92e0 / nullif(sqrt($answers - 3e0), 0)) + (1e0 - $r), 0)
end
