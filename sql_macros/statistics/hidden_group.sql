/*---
summary: Name of the group of hidden rows whose sums a hidden row shares, so that totals of groups and of the scheme are right.
kind: expression
internal: true
args: [
  is_hidden: {type: expression, doc: "1 where the row is hidden, else 0."},
  hidden_rows: {type: expression, doc: "Number of hidden rows that make up one total with it."},
  label: {type: expression, doc: "Name of that total."},
  scheme: {type: expression, doc: "Segmentation scheme of the row."}]
returns: {type: string, doc: "The label; the others for rows that would be alone; where that is one row of the scheme, all of its hidden rows are together. Null where the row is not hidden."}
source: "See shared_sum."
example: {is_hidden: is_hidden, hidden_rows: hidden_rows, label: segment, scheme: scheme}
---*/
case
    when $is_hidden = 0 then null
    when $hidden_rows > 1 and sum(case when $is_hidden = 1 and $hidden_rows = 1 then 1 else 0 end) over (partition by $scheme) <> 1 then $label
    else 'the others'
end
