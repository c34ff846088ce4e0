/*---
summary: Named segment of a customer from two quintiles, recency and frequency.
kind: expression
args: [
  recency_score: {type: expression, doc: "1 (longest ago) to 5 (most recent)."},
  frequency_score: {type: expression, doc: "1 (lowest) to 5 (highest)."}]
returns:
  type: string
  doc: "Champions, Loyal, Potential loyalists, New customers, Promising, Need attention, About to sleep, At risk, Cannot lose, Hibernating; null where a score is null."
source: "Quintiles: Hughes (1994), Strategic Database Marketing. Names: the ten fields of the recency and frequency grid in common use."
example: {recency_score: recency_score, frequency_score: frequency_score}
---*/
case
    when $recency_score is null or $frequency_score is null then null
    when $recency_score = 5 and $frequency_score >= 4 then 'Champions'
    when $recency_score >= 3 and $frequency_score >= 4 then 'Loyal'
    when $recency_score >= 4 and $frequency_score >= 2 then 'Potential loyalists'
    when $recency_score = 5 then 'New customers'
    when $recency_score = 4 then 'Promising'
    when $recency_score = 3 and $frequency_score = 3 then 'Need attention'
    when $recency_score = 3 then 'About to sleep'
    when $frequency_score = 5 then 'Cannot lose'
    when $frequency_score >= 3 then 'At risk'
    else 'Hibernating'
end
