/*---
summary: A figure over several rows, or null where it would tell what is hidden in one of them.
kind: expression
args: [
  figure: {type: expression, doc: "What would be shown, of sums that the rows carry."},
  answers: {type: expression, doc: "Answers, or customers, of a row."},
  hidden_part: {type: expression, doc: "1 / number of hidden rows of a group; null where a row is not hidden."},
  hidden_group: {doc: "What tells groups of hidden rows apart, such as the first day of the period."},
  min_n: {doc: "With fewer answers no figure is shown."}]
returns: {type: number, doc: "The figure. Null with fewer than min_n answers, and where some of the hidden rows of a group are at hand and others are not: with the rest known, that would tell what is hidden."}
source: "See docs/decisions.md#totals."
example: {figure: sum(equity_sum), answers: active_customers, hidden_part: hidden_part, hidden_group: hidden_group}
---*/
case
    when
        sum($answers) >= $min_n
        and rounded(coalesce(sum($hidden_part), 0e0), 6) = count(distinct case when $hidden_part > 0 then $hidden_group end)
    then $figure
end
