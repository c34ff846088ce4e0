/*---
summary: Expected purchases of a customer in the coming weeks.
kind: expression
args: [
  frequency, recency,
  age: {type: expression, doc: "Weeks from the first purchase to the end of observation, T."},
  weeks: {type: number, default: 52, min: 0.01, max: 1040, doc: "How far to look ahead."},
  tolerance: {default: 1.0e-6, doc: "Largest relative error of the formula that replaces the model, up to 1e-5 where parameters near a bound take more; half of it makes the text a third longer."}]
returns:
  type: number
  unit: purchase days
  range: "[0, inf)"
  doc: "P(alive) times the purchases of a customer alive, by the model fitted to all customers; null where p_alive is."
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2), equation 10, as a polynomial that is checked against it when written out."
example: {frequency: frequency, recency: recency, age: age}
---*/
case
    when $frequency >= 0 and $recency >= 0 and $recency <= $age
        then p_alive($frequency, $recency, $age) * purchases_if_alive($frequency, $age, $weeks, $tolerance)
end
