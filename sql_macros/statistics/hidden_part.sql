/*---
summary: Part that a hidden row is of its group, so that protected_total knows whether all of them are at hand.
kind: expression
internal: true
args: [
  scheme: {type: expression, doc: "Segmentation scheme of the row."},
  hidden_group]
returns: {type: number, unit: share, doc: "1 / rows of the group, which sum to 1 where all are at hand; 0.5 for a row that is alone in it, so that they never are; null where the row is not hidden."}
source: "See shared_sum."
example: {scheme: scheme, hidden_group: hidden_group}
---*/
case
    when $hidden_group is null then null
    when count(*) over (partition by $scheme, $hidden_group) > 1 then 1e0 / nullif(count(*) over (partition by $scheme, $hidden_group), 0)
    else 5e-1
end
