/*---
summary: Expected years that a customer stays.
kind: expression
args: [churn, max_years]
returns:
  type: number
  unit: years
  range: "(0, max_years]"
  doc: "1 / churn, at most max_years; null where churn lies outside 0 to 1."
source: "Mean of a geometric lifetime, 1 / churn."
example: {churn: 0.25}
---*/
case
    when $churn < 0 or $churn > 1 then null
    when $churn * $max_years > 1 then 1e0 / nullif($churn, 0)
    else $max_years
end
