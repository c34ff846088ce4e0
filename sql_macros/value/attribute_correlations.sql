/*---
summary: Correlation of each attribute with the target over all the pairs given.
grain: one row per attribute
internal: true
args: [
  pairs: {type: relation, doc: "Scores of attribute and target by respondent: attribute, x, y, weight, as in driver_pairs."}]
returns: [
  attribute,
  r: {type: number, range: "[-1, 1]", doc: "Pearson correlation; null where one of them does not vary."}]
source: "Weighted Pearson correlation of the respondents who rated the attribute."
---*/
with sums as (
    select
        attribute,
        sum(weight) as w,
        sum(weight * x) as wx,
        sum(weight * y) as wy,
        sum(weight * x * x) as wxx,
        sum(weight * y * y) as wyy,
        sum(weight * x * y) as wxy
    from pairs
    group by attribute
)

select attribute, correlation(w, wx, wy, wxx, wyy, wxy) as r
from sums
