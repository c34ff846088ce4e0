/*---
summary: Probability that a customer who can leave without notice is still a customer.
kind: expression
args: [
  frequency, recency,
  age: {type: expression, doc: "Weeks from the first purchase to the end of observation, T."},
  model: {type: choice, choices: [bg_nbd, mbg_nbd], default: {setting: model.model}, doc: "mbg_nbd: a customer may leave after the first purchase too."},
  r: {type: number, default: {setting: model.r}, min: "1e-12", max: "1e12", doc: "Shape of the purchase rates."},
  alpha: {type: number, default: {setting: model.alpha}, min: "1e-12", max: "1e12", doc: "Their scale, in weeks."},
  a: {type: number, default: {setting: model.a}, min: "1e-12", max: "1e12", doc: "First shape of the chance to leave."},
  b: {type: number, default: {setting: model.b}, min: "1e-12", max: "1e12", doc: "Second shape of the chance to leave."}]
returns:
  type: number
  unit: share
  range: "[0, 1]"
  doc: "P(alive) at the end of observation; 1 without a repeat purchase in the bg_nbd; null where frequency is below 0 or recency lies outside 0 to age."
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2); Batislam, Denizel & Filiztekin (2007), IJRM 24(3)."
example: {frequency: frequency, recency: recency, age: age}
---*/
case
    when $frequency < 0 or $recency < 0 or $recency > $age or $age is null or $recency is null or $frequency is null then null
    when $model = 'bg_nbd' and $frequency = 0 then 1e0
    when ($r + $frequency) * ln(($alpha + $age) / nullif($alpha + $recency, 0)) > 650 then 0e0
    else
        1e0 / (
            1e0
            + exp(
                ln($a / nullif($b + $frequency - case when $model = 'bg_nbd' then 1e0 else 0e0 end, 0))
                + ($r + $frequency) * ln(($alpha + $age) / nullif($alpha + $recency, 0))
            )
        )
end
