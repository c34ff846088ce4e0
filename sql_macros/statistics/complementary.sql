/*---
summary: Whether a row is hidden - for its own few answers, or to protect the others of a total that are.
kind: expression
internal: true
args: [
  is_hidden: {type: expression, doc: "1 where a row is hidden already, else 0."},
  answers: {type: expression, doc: "How many answers, or customers, it is made of; rows without any protect nobody."},
  min_n: {type: expression, doc: "The hidden rows of a total have at least as many together."},
  label: {type: expression, doc: "What tells rows of equal answers apart."},
  total_1: {type: expression, doc: "Rows equal in this and the next two make up a total."},
  total_2: {type: expression, doc: "The second of the three."},
  total_3: {type: expression, doc: "The third of the three."}]
returns: {type: integer, range: "0 or 1", doc: "1 where is_hidden is 1, and for the row with the fewest answers among the others where it is 1 in one row alone or in rows of fewer than min_n answers together: the total less what is shown would reveal them."}
source: "Complementary cell suppression: Willenborg & de Waal (2001), Elements of Statistical Disclosure Control, Springer. See docs/decisions.md#small-numbers."
example: {is_hidden: is_hidden, answers: customers, min_n: 10, label: segment, total_1: scheme, total_2: scheme, total_3: scheme}
---*/
-- MariaDB takes `or` between two windows for false where one of them is.
case
    when $is_hidden = 1 then 1
    when
        $answers > 0
        and case
            when sum($is_hidden) over (partition by $total_1, $total_2, $total_3) = 1 then 1
            when
                sum(case when $is_hidden = 1 and $answers > 0 then $answers end) over (partition by $total_1, $total_2, $total_3) < $min_n
            then 1
            else 0
        end = 1
        and row_number() over (
            partition by $total_1, $total_2, $total_3, case when $answers > 0 then $is_hidden else 1 end
            order by $answers, $label
        ) = 1
    then 1
    else 0
end
