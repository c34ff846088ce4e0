/*---
summary: Tenure of each contract in months, and whether it has ended.
kind: relation
grain: one row per contract started up to as_of
internal: true
needs:
  subscriptions: [subscription_id, customer_id, started_at, ended_at, mrr]
args:
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at; contracts that end later still run."}
returns:
  subscription_id: {type: string, doc: "Contract."}
  customer_id: {type: string, doc: "Customer."}
  mrr: {type: number, unit: currency per month, doc: "Monthly revenue."}
  has_left: {type: integer, range: "0 or 1", doc: "1 where it has ended."}
  renewals: {type: integer, unit: months, range: "[0, inf)", doc: "Months completed, of 30.4375 days: so often it was renewed."}
source: "Fader & Hardie (2007): a contract renews at the end of each month or ends."
---*/
with spans as (
    select
        subscription_id,
        customer_id,
        mrr,
        case when ended_at is not null and ended_at < plus_days($as_of, 1) then 1 else 0 end as has_left,
        case
            when ended_at is not null and ended_at < plus_days($as_of, 1) then days_between(started_at, ended_at)
            else days_between(started_at, $as_of)
        end as days
    from subscriptions
    where started_at < plus_days($as_of, 1) and customer_id is not null
)

select
    subscription_id,
    customer_id,
    mrr,
    has_left,
    cast(floor(days / 30.4375e0) as bigint) as renewals
from spans
where days >= 0
