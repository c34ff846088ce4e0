/*---
summary: Correlation of each attribute with the target over all the pairs given.
kind: relation
grain: one row per attribute
internal: true
args:
  pairs: {type: relation, doc: "Scores of attribute and target by respondent: attribute, x, y, weight, as in driver_pairs."}
returns:
  attribute: {type: string, doc: "Attribute."}
  r: {type: number, range: "[-1, 1]", doc: "Pearson correlation; null where one of them does not vary."}
source: "Weighted Pearson correlation of the respondents who rated the attribute."
---*/
with moments as (
    select
        attribute,
        sum(weight) as w,
        sum(weight) * sum(weight * x * y) - sum(weight * x) * sum(weight * y) as xy,
        sum(weight) * sum(weight * x * x) - sum(weight * x) * sum(weight * x) as xx,
        sum(weight) * sum(weight * y * y) - sum(weight * y) * sum(weight * y) as yy
    from pairs
    group by attribute
)

select
    attribute,
    case when xx > 1e-6 * w * w and yy > 1e-6 * w * w then xy / nullif(sqrt(xx) * sqrt(yy), 0) end as r
from moments
