/*---
summary: Customer lifetime value of an endless stream of margins, discounted.
kind: expression
args: [
  margin_per_period: {type: expression, doc: "Margin per customer and period, money."},
  retention: {type: expression, doc: "Share of customers kept from one period to the next."},
  discount_rate: {type: expression, doc: "Discount rate per period."}]
returns:
  type: number
  unit: currency
  doc: "m r / (1 + d - r): each margin at the end of its period, by those who stayed, and no cap. The first one now is m more; clv_over_lifespan takes it so, as clv_simple does. Null where a component is null, r lies outside 0 to 1 or the sum diverges."
source: "Gupta & Lehmann (2003), Customers as assets, Journal of Interactive Marketing 17(1), equation 3."
example: {margin_per_period: 100, retention: 0.8, discount_rate: 0.1}
---*/
case
    when $retention < 0 or $retention > 1 or 1e0 + $discount_rate - $retention <= 0 then null
    else $margin_per_period * $retention / nullif(1e0 + $discount_rate - $retention, 0)
end
