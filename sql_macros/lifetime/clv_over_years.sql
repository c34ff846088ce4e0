/*---
summary: Customer lifetime value of a stream of margins over some years, discounted.
kind: expression
args: [
  margin_per_year,
  retention: {type: expression, doc: "Share of customers kept from one year to the next."},
  discount_rate: {type: expression, doc: "Yearly discount rate; 0 for none."},
  years: {type: expression, doc: "Years that are looked ahead."}]
returns:
  type: number
  unit: currency
  doc: "Each year's margin at its end, by those who stayed: m q (1 - q^T) / (1 - q), q = r / (1 + d), the sum of m q^t over t = 1 to T; m T where q is 1. Null where a component is null, r lies outside 0 to 1 or d is below 0."
source: "Gupta & Lehmann (2003), Customers as assets, Journal of Interactive Marketing 17(1): equation 3 before T goes to infinity."
example: {margin_per_year: 100, retention: 0.8, discount_rate: 0.1, years: 5}
---*/
case
    when $retention < 0 or $retention > 1 or $discount_rate < 0 then null
    when $retention = 1 and $discount_rate = 0 then $margin_per_year * $years
    else
        $margin_per_year
        * ($retention / nullif(1e0 + $discount_rate, 0))
        * (1e0 - power($retention / nullif(1e0 + $discount_rate, 0), $years))
        / nullif(1e0 - $retention / nullif(1e0 + $discount_rate, 0), 0)
end
