-- Parameters are rows, where a model is read.
select segment, alpha / nullif(beta, 0) as odds from kpi__contract_models;
with kpi__contract_models as (
    select
        cast(1 as bigint) as model_no,
        'All customers' as scheme,
        'All customers' as segment,
        cast(0.5e0 as double) as alpha,
        cast(2.0e0 as double) as beta,
        day_of('2026-09-30') as fitted_to
)
select
    segment,
    alpha / nullif(beta, 0) as odds
from kpi__contract_models;

-- No other statement has them.
select customer_id from kpi__customers;
select customer_id from kpi__customers;
