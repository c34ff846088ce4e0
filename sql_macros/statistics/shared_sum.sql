/*---
summary: A sum of a row that totals can be made of - hidden rows share that of all hidden rows of their group equally.
kind: expression
internal: true
args: [
  amount: {type: expression, doc: "The row's own sum."},
  scheme: {type: expression, doc: "Segmentation scheme of the row."},
  hidden_group]
returns: {type: number, doc: "The own sum where the row is not hidden; null for a hidden row that is alone in its group."}
source: "Totals are right and tell nothing of one row. See docs/decisions.md#totals."
example: {amount: equity, scheme: scheme, hidden_group: hidden_group}
---*/
case
    when $hidden_group is null then $amount
    when count(*) over (partition by $scheme, $hidden_group) > 1
    then sum($amount) over (partition by $scheme, $hidden_group) / nullif(count(*) over (partition by $scheme, $hidden_group), 0)
end
