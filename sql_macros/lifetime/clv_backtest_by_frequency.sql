/*---
summary: What customers really bought after the calibration beside the model's forecast and the naive rate, by frequency.
grain: one row per frequency of the calibration period, 7 or more together
args: [
  calibration_end: {type: date, default: {setting: models.calibration_end}, doc: "Last day that the judged model was fitted to."},
  observation_end, refunds]
returns: [
  frequency: {type: integer, unit: days, range: "[0, 7]", doc: "Repeat purchase days of the calibration; 7 means 7 or more."},
  frequency_label: {type: string, doc: "The same as text: 0 to 6, 7+."},
  customers: {doc: "Customers with a purchase up to calibration_end."},
  actual: {type: integer, unit: purchase days, doc: "What they bought in the holdout."},
  model: {type: number, unit: purchase days, doc: "What the model expected."},
  naive: {type: number, unit: purchase days, doc: "What they would have bought at the rate of the calibration."},
  actual_per_customer: {type: number, unit: purchase days, doc: "actual / customers."},
  model_per_customer: {type: number, unit: purchase days, doc: "model / customers."},
  naive_per_customer: {type: number, unit: purchase days, doc: "naive / customers."},
  model_mae: {type: number, unit: purchase days, doc: "Mean absolute error of the model per customer."},
  naive_mae: {type: number, unit: purchase days, doc: "Mean absolute error of the naive rate per customer."}]
source: "Fader, Hardie & Lee (2005), Marketing Science 24(2), figure 3. The model knows no seasons."
---*/
with summary as (
    select
        frequency,
        recency,
        age,
        holdout_frequency
    from customer_summary(observation_end := $observation_end, calibration_end := $calibration_end, refunds := $refunds)
),

axes as (
    select
        s.frequency,
        s.age,
        s.holdout_frequency,
        p_alive(s.frequency, s.recency, s.age, model := f.model, r := f.r, alpha := f.alpha, a := f.a, b := f.b) as p_alive,
        holdout_frequency_axis(s.frequency, days_between($calibration_end, $observation_end) / 7e0) as u,
        holdout_age_axis(s.age, days_between($calibration_end, $observation_end) / 7e0) as v
    from summary as s
    cross join holdout_models as f
),

forecast as (
    select
        case when frequency < 7 then frequency else 7 end as frequency,
        holdout_frequency as actual,
        p_alive * holdout_purchases(frequency, age, u, v, days_between($calibration_end, $observation_end) / 7e0, 1e-8) as model,
        case when age > 0 then frequency * days_between($calibration_end, $observation_end) / nullif(7e0 * age, 0) else 0e0 end as naive
    from axes
),

sums as (
    select
        frequency,
        count(*) as customers,
        cast(sum(actual) as bigint) as actual,
        sum(model) as model,
        sum(naive) as naive,
        avg(abs(model - actual)) as model_mae,
        avg(abs(naive - actual)) as naive_mae
    from forecast
    group by frequency
)

select
    frequency,
    case when frequency < 7 then text_of(frequency) else '7+' end as frequency_label,
    customers,
    actual,
    model,
    naive,
    actual / nullif(customers, 0) as actual_per_customer,
    model / nullif(customers, 0) as model_per_customer,
    naive / nullif(customers, 0) as naive_per_customer,
    model_mae,
    naive_mae
from sums
