/*---
summary: Customer perceived value (CPV) by touchpoint, segment and period.
grain: one row per scheme, segment, touchpoint and period
alias_of: cpv_by_dimension
bind: {dimension: touchpoint, competitors: false, parts: of_total}
rename: {part: touchpoint}
args: [
  unit: {doc: "One value per rated customer and touchpoint: the latest valid rating of the period and cycle, or their mean."}]
returns: [
  touchpoint: {doc: "Touchpoint where the rating was given; 'Not stated' where it names none. Without an answer there is no row."},
  rated_customers: {doc: "Customers who answered at the touchpoint in the period."}]
---*/
