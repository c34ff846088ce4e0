/*---
summary: Tenure of each contract in months, and whether it has ended.
grain: one row per contract started up to as_of
internal: true
args: [as_of: {doc: "Last day that is looked at; contracts that end later still run."}]
returns: [
  subscription_id: {type: string, doc: "Contract."},
  customer_id,
  mrr: {type: number, unit: currency per month, doc: "Monthly revenue."},
  has_left: {type: integer, range: "0 or 1", doc: "1 where it has ended."},
  renewals: {type: integer, unit: months, range: "[0, inf)", doc: "Monthly anniversaries before it ended: so often it was renewed; see completed_months."}]
source: "Fader & Hardie (2007): a contract renews at the end of each month or ends."
---*/
with spans as (
    select
        subscription_id,
        customer_id,
        mrr,
        started_at,
        case when ended_at is not null and ended_at < plus_days($as_of, 1) then 1 else 0 end as has_left,
        case when ended_at is not null and ended_at < plus_days($as_of, 1) then day_of(ended_at) else plus_days($as_of, 1) end as before
    from subscriptions
    where started_at < plus_days($as_of, 1) and customer_id is not null
)

select
    subscription_id,
    customer_id,
    mrr,
    has_left,
    cast(completed_months(started_at, before) as bigint) as renewals
from spans
where days_between(started_at, before) >= 0
