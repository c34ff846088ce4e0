/*---
summary: Customer lifetime value from its components.
kind: expression
args: [
  apv: {type: expression, doc: "Average purchase value, money."},
  purchase_frequency: {type: expression, doc: "Purchases per customer and year."},
  margin: {type: expression, default: 1, doc: "Share of revenue that is margin; 1 gives value in revenue."},
  churn, discount_rate: {default: 0}, max_years]
returns:
  type: number
  unit: currency
  range: "[0, inf)"
  doc: "Null where a component is null or churn lies outside 0 to 1."
source: "APV x PF x margin x lifespan, the lifespan 1 / churn, at most max_years; with a discount rate over the same lifespan, see clv_over_lifespan."
example: {apv: 40, purchase_frequency: 6, margin: 0.3, churn: 0.2}
---*/
case
    when $churn < 0 or $churn > 1 then null
    when $discount_rate > 0
        then clv_over_lifespan($apv * $purchase_frequency * $margin, lifespan_years($churn, max_years := $max_years), $discount_rate)
    else $apv * $purchase_frequency * $margin * lifespan_years($churn, max_years := $max_years)
end
