/*---
summary: Customer lifetime value from stated components, and how much each of them moves it.
grain: one row for the stated components, and two for each component moved down and up
args: [
  apv: {type: number, default: 50, min: 0, doc: "Average purchase value, money."},
  purchase_frequency: {type: number, default: 12, min: 0, doc: "Purchases per customer and year."},
  margin: {type: number, default: 0.3, min: 0, max: 1, doc: "Share of revenue that is margin."},
  churn: {type: number, default: 0.2, min: 0, max: 1, doc: "Share of customers lost per year."},
  discount_rate,
  horizon_years: {type: number, default: 5, min: 0.1, max: 100, doc: "Cap of the lifespan."},
  step]
returns: [
  sort_order: {type: integer, range: "0 to 6", doc: "Place of the component; 0 is the base."},
  component: {doc: "Base, Average purchase value, Purchase frequency, Margin, Churn, Discount rate, Horizon."},
  direction: {type: string, doc: "as stated, down or up."},
  component_amount: {type: number, doc: "The component after the move, in its own unit; shares stay at most 1. Null for the base."},
  clv_simple: {type: number, unit: currency, range: "[0, inf)", doc: "APV x PF x margin x lifespan; the lifespan is 1 / churn, at most the horizon."},
  clv_discounted: {type: number, unit: currency, range: "[0, inf)", doc: "The same margins over the same lifespan, discounted, see clv_over_lifespan: clv_simple where the discount rate is 0, else at most that."},
  change: {type: number, unit: currency, doc: "clv_discounted less that of the base; 0 for the base."},
  change_share: {type: number, unit: share, doc: "change / clv_discounted of the base; null where that is 0."}]
source: "APV x PF x margin x lifespan; discounted m (1 + d) / (1 + d - r) with r = 1 - 1 / lifespan, the first margin now."
---*/
with components as (
    select 0 as sort_order, 'Base' as component, 'as stated' as direction, 0e0 as move
    union all
    select 1 as sort_order, 'Average purchase value' as component, 'down' as direction, -($step) as move
    union all
    select 1 as sort_order, 'Average purchase value' as component, 'up' as direction, $step as move
    union all
    select 2 as sort_order, 'Purchase frequency' as component, 'down' as direction, -($step) as move
    union all
    select 2 as sort_order, 'Purchase frequency' as component, 'up' as direction, $step as move
    union all
    select 3 as sort_order, 'Margin' as component, 'down' as direction, -($step) as move
    union all
    select 3 as sort_order, 'Margin' as component, 'up' as direction, $step as move
    union all
    select 4 as sort_order, 'Churn' as component, 'down' as direction, -($step) as move
    union all
    select 4 as sort_order, 'Churn' as component, 'up' as direction, $step as move
    union all
    select 5 as sort_order, 'Discount rate' as component, 'down' as direction, -($step) as move
    union all
    select 5 as sort_order, 'Discount rate' as component, 'up' as direction, $step as move
    union all
    select 6 as sort_order, 'Horizon' as component, 'down' as direction, -($step) as move
    union all
    select 6 as sort_order, 'Horizon' as component, 'up' as direction, $step as move
),

moved as (
    select
        sort_order,
        component,
        direction,
        $apv * (case when sort_order = 1 then 1e0 + move else 1e0 end) as apv,
        $purchase_frequency * (case when sort_order = 2 then 1e0 + move else 1e0 end) as purchase_frequency,
        case when sort_order = 3 and $margin * (1e0 + move) > 1 then 1e0 when sort_order = 3 then $margin * (1e0 + move) else $margin end as margin,
        case when sort_order = 4 and $churn * (1e0 + move) > 1 then 1e0 when sort_order = 4 then $churn * (1e0 + move) else $churn end as churn,
        $discount_rate * (case when sort_order = 5 then 1e0 + move else 1e0 end) as discount_rate,
        $horizon_years * (case when sort_order = 6 then 1e0 + move else 1e0 end) as horizon_years
    from components
),

priced as (
    select
        sort_order,
        component,
        direction,
        cast(
            case
                when sort_order = 1 then apv
                when sort_order = 2 then purchase_frequency
                when sort_order = 3 then margin
                when sort_order = 4 then churn
                when sort_order = 5 then discount_rate
                when sort_order = 6 then horizon_years
            end as double
        ) as component_amount,
        apv * purchase_frequency * margin * lifespan_years(churn, max_years := horizon_years) as clv_simple,
        clv_over_lifespan(
            apv * purchase_frequency * margin, lifespan_years(churn, max_years := horizon_years), discount_rate
        ) as clv_discounted
    from moved
),

based as (
    select
        sort_order,
        component,
        direction,
        component_amount,
        clv_simple,
        clv_discounted,
        max(case when sort_order = 0 then clv_discounted end) over () as base_clv
    from priced
)

select
    sort_order,
    component,
    direction,
    component_amount,
    clv_simple,
    clv_discounted,
    clv_discounted - base_clv as change,
    (clv_discounted - base_clv) / nullif(base_clv, 0) as change_share
from based
