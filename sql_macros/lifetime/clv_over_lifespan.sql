/*---
summary: Customer lifetime value of a yearly margin over a lifespan, discounted.
kind: expression
args: [
  margin_per_year,
  lifespan_years: {type: expression, doc: "Expected years that a customer stays, see lifespan_years."},
  discount_rate: {type: expression, doc: "Yearly discount rate; 0 for none."}]
returns:
  type: number
  unit: currency
  doc: "m (1 + d) / (1 + d - r) with r = 1 - 1 / lifespan: the first year's margin is had now, each later one by the share r that stayed. At a discount rate of 0 it is m x lifespan, else less; a lifespan up to one year is not discounted. Null where a component is null, and where d is below 0."
source: "Gupta & Lehmann (2003), Customers as assets, equation 3, with a first margin that is not discounted: m + m r / (1 + d - r)."
example: {margin_per_year: 72, lifespan_years: 4, discount_rate: 0.1}
---*/
case
    when $discount_rate >= 0 and $lifespan_years <= 1 then $margin_per_year * $lifespan_years
    when $discount_rate >= 0
        then $margin_per_year * $lifespan_years * (1e0 + $discount_rate) / nullif(1e0 + $discount_rate * $lifespan_years, 0)
end
