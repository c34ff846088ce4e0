/*---
summary: Verdict on the difference of two means.
kind: expression
args: [
  difference: {type: expression, doc: "One mean less the other."},
  squared_error: {type: expression, doc: "Sum of the squared standard errors of both."},
  answers: {type: expression, doc: "Number of answers of the one."},
  other_answers: {type: expression, doc: "Number of answers of the other."},
  min_n: {type: integer, default: 30, min: 2, doc: "Fewer answers on one side are too few to judge."}]
returns: {type: string, doc: "Higher, Lower, No significant difference, Too few answers; the last also where a mean or an error is null."}
source: "Welch's z at 95 %: abs(difference) > 1.96 sqrt(squared_error), with at least 30 answers on each side."
example: {difference: difference, squared_error: squared_error, answers: answers, other_answers: other_answers}
---*/
case
    when $difference is null or $squared_error is null or $answers < $min_n or $other_answers < $min_n then 'Too few answers'
    when $difference > 1.96e0 * sqrt($squared_error) then 'Higher'
    when -($difference) > 1.96e0 * sqrt($squared_error) then 'Lower'
    else 'No significant difference'
end
