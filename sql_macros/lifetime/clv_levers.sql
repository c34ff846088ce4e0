/*---
summary: How much each component of CLV moves it, from the values of all customers.
grain: one row down and one up for each component
args: [
  step, max_years, as_of,
  min_n: {doc: "Of fewer active customers there are no rows."}]
returns: [
  sort_order: {type: integer, range: "1 to 4", doc: "Place of the component."},
  component: {doc: "Average purchase value, Purchase frequency, Margin, Churn. Without active customers, and where they are too young to value, there are no rows."},
  direction: {type: string, doc: "down or up."},
  component_amount: {type: number, doc: "The component after the move, in its own unit; margin and churn stay at most 1."},
  clv: {type: number, unit: currency, doc: "APV x PF x margin x lifespan with it."},
  change: {type: number, unit: currency, doc: "clv less that of today's components."},
  change_share: {type: number, unit: share, doc: "change / clv of today's components; null where that is 0."}]
source: "The components of clv_by_segment for all customers; see clv_calculator for any others."
---*/
with base as (
    select apv, purchase_frequency, margin_rate as margin, churn, clv_simple
    from clv_by_segment(scheme := 'All customers', as_of := $as_of, max_years := $max_years, min_n := $min_n)
    where active_customers > 0 and apv is not null and clv_simple is not null
),

directions as (
    select 'down' as direction, -($step) as move
    union all
    select 'up' as direction, $step as move
),

components as (
    select 1 as sort_order, 'Average purchase value' as component
    union all
    select 2 as sort_order, 'Purchase frequency' as component
    union all
    select 3 as sort_order, 'Margin' as component
    union all
    select 4 as sort_order, 'Churn' as component
),

moved as (
    select
        c.sort_order,
        c.component,
        d.direction,
        b.clv_simple,
        b.apv * (case when c.sort_order = 1 then 1e0 + d.move else 1e0 end) as apv,
        b.purchase_frequency * (case when c.sort_order = 2 then 1e0 + d.move else 1e0 end) as purchase_frequency,
        case
            when c.sort_order <> 3 then b.margin
            when b.margin * (1e0 + d.move) > 1 and b.margin <= 1 then 1e0
            else b.margin * (1e0 + d.move)
        end as margin,
        case
            when c.sort_order <> 4 then b.churn
            when b.churn * (1e0 + d.move) > 1 then 1e0
            else b.churn * (1e0 + d.move)
        end as churn
    from base as b
    cross join components as c
    cross join directions as d
),

priced as (
    select
        sort_order,
        component,
        direction,
        clv_simple,
        case
            when sort_order = 1 then apv
            when sort_order = 2 then purchase_frequency
            when sort_order = 3 then margin
            else churn
        end as component_amount,
        apv * purchase_frequency * margin * lifespan_years(churn, max_years := $max_years) as clv
    from moved
)

select
    sort_order,
    component,
    direction,
    component_amount,
    clv,
    clv - clv_simple as change,
    (clv - clv_simple) / nullif(clv_simple, 0) as change_share
from priced
