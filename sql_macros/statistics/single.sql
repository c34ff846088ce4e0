/*---
summary: The number of the only row that there is.
kind: expression
args: [number: {type: expression, doc: "A finished number of a row, such as a mean, a share or the end of an interval."}]
returns: {type: number, doc: "Null where there are several rows: such numbers do not add up."}
source: "See docs/decisions.md#totals."
example: {number: ci_low}
---*/
case when count(*) = 1 then max($number) end
