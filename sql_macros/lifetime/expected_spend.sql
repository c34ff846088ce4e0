/*---
summary: Expected value of a customer's next purchase day, between the own mean and that of all.
kind: expression
args: [
  frequency,
  monetary_value: {type: expression, doc: "Mean value of a purchase day after the first, m."},
  p: {type: number, default: {setting: model.p}, doc: "Shape of one customer's spend."},
  q: {type: number, default: {setting: model.q}, doc: "Shape of spend among customers."},
  gamma: {type: number, default: {setting: model.gamma}, doc: "Scale of spend among customers, in currency."}]
returns:
  type: number
  unit: currency
  doc: "Expected spend per purchase day; the mean of all customers without a repeat purchase; null where monetary_value is below 0, as refunds can make it."
source: "Fader & Hardie (2013), The Gamma-Gamma model of monetary value, equation 5."
example: {frequency: frequency, monetary_value: monetary_value}
---*/
case
    when $frequency < 0 or $monetary_value < 0 then null
    else $p * ($gamma + $frequency * $monetary_value) / nullif($p * $frequency + $q - 1e0, 0)
end
