/*---
summary: Which predictive models there are, how old they are, and how far they can be trusted.
grain: one row per fitted model, and one where purchases have none
args: [
  as_of,
  max_days: {type: integer, default: 92, min: 1, doc: "Days of purchases that a model may lack."}]
returns: [
  model_no: {type: integer, range: "[0, inf)", doc: "Place in the file of models; 0 where there is none."},
  kind: {type: string, doc: "purchases, spend or renewals."},
  scheme: {doc: "Segmentation scheme of the customers that it models."},
  segment: {doc: "Segment of them; segments that are not listed use the models of All customers."},
  model: {doc: "bg_nbd, mbg_nbd, gamma_gamma or sbg; null where there is none."},
  status: {type: string, doc: "Fitted, Degenerate (a parameter stopped at a bound), Stale (older than max_days) or Missing."},
  observations: {type: integer, unit: customers, doc: "Customers, or contracts, that it was fitted to."},
  fitted_to: {type: date, doc: "Last day of the data that it was fitted to."},
  newest_purchase_on: {type: date, doc: "Newest purchase up to as_of; null without one."},
  unseen_days: {type: integer, unit: days, doc: "Days of purchases that it does not know."},
  advice: {type: string, doc: "What to make of it, or to do."}]
source: "Customers' behaviour changes; a forecast is as old as the data behind it."
---*/
with newest as (
    select max(day_of(occurred_at)) as newest_on
    from transactions
    where occurred_at < plus_days($as_of, 1)
),

fitted as (
    select
        f.model_no,
        f.kind,
        f.scheme,
        f.segment,
        f.model,
        f.observations,
        f.problems,
        f.fitted_to,
        n.newest_on,
        case when n.newest_on > f.fitted_to then days_between(f.fitted_to, n.newest_on) else 0 end as unseen_days
    from newest as n
    cross join fitted_models as f
),

known as (
    select count(*) as models
    from fitted
    where kind = 'purchases'
)

select
    model_no,
    kind,
    scheme,
    segment,
    model,
    case
        when unseen_days > $max_days then 'Stale'
        when problems is not null then 'Degenerate'
        else 'Fitted'
    end as status,
    observations,
    fitted_to,
    newest_on as newest_purchase_on,
    unseen_days,
    case
        when unseen_days > $max_days then 'Run superset-kpi fit, read what changed in the models file, and install again.'
        when problems is not null then problems
        else 'No problem was found.'
    end as advice
from fitted
union all
select
    0 as model_no,
    'purchases' as kind,
    'All customers' as scheme,
    'All customers' as segment,
    cast(null as text) as model,
    'Missing' as status,
    cast(null as bigint) as observations,
    cast(null as date) as fitted_to,
    n.newest_on as newest_purchase_on,
    cast(null as bigint) as unseen_days,
    'Run superset-kpi fit, and install again.' as advice
from newest as n
cross join known as k
where k.models = 0
