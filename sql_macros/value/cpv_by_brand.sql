/*---
summary: Customer perceived value (CPV) of the own brand and its competitors, by segment and period.
grain: one row per scheme, segment, brand and period
alias_of: cpv_by_dimension
bind: {dimension: brand, competitors: true, parts: alone}
rename: {part: brand}
args: [
  unit: {doc: "One value per rated customer and brand: the latest valid rating of the period and cycle, or their mean."}]
returns: [
  brand: {doc: "Brand that was rated; 'Own brand' where ratings name none and the mapping names no own one. Without an answer there is no row."},
  rated_customers: {doc: "Customers who rated the brand in the period."}]
---*/
