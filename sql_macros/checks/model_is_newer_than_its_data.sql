/*---
summary: The predictive models were fitted to the newest purchases.
grain: one row where they are too old
args: [
  as_of,
  max_days: {type: integer, default: 92, min: 1, doc: "Days of purchases that the models may lack."}]
returns: [
  item: {type: string, doc: "Fitted models."},
  detail: {type: string, doc: "Older than the purchases."},
  fitted_to: {type: date, doc: "Last day of the data that they were fitted to."},
  newest_purchase_on: {type: date, doc: "Newest purchase up to as_of."},
  days: {type: integer, unit: days, doc: "Days between the two."}]
source: "Customers' behaviour changes; a forecast is as old as the data behind it."
check:
  severity: warning
  fix: "Run superset-kpi fit, read what changed in the models file, and install again."
---*/
with newest as (
    select max(day_of(occurred_at)) as newest_on
    from transactions
    where occurred_at < plus_days($as_of, 1)
)

select
    'Fitted models' as item,
    'Older than the purchases' as detail,
    f.fitted_to,
    n.newest_on as newest_purchase_on,
    days_between(f.fitted_to, n.newest_on) as days
from newest as n
cross join customer_models as f
where f.model_no = 1 and days_between(f.fitted_to, n.newest_on) > $max_days
