/*---
summary: Retention, survival and future value of running contracts by tenure, by the fitted model of renewals.
grain: one row per scheme, segment and month of tenure, up to the longest running contract
uses: [transactions]
args: [
  scheme, as_of,
  discount_rate: {min: 0.01, doc: "Yearly discount rate; the coming payment is not discounted."},
  basis, margin_rate,
  min_n: {doc: "Of fewer contracts no money is given."}]
returns: [
  scheme,
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  model,
  tenure_months: {type: integer, unit: months, range: "[0, 600]", doc: "Months completed, see completed_months; from 600 on they count as 600."},
  contracts: {type: integer, unit: contracts, doc: "Running contracts of this tenure."},
  mrr: {type: number, unit: currency per month, doc: "Their mean monthly revenue; this, clv and equity null below min_n contracts, and where it protects the one other tenure of the segment that is hidden."},
  retention: {unit: share per month, doc: "Share that renews at the end of the month."},
  survival: {type: number, unit: share, range: "[0, 1]", doc: "Share of new contracts that reach this tenure."},
  residual_months: {type: number, unit: months, doc: "Discounted number of future payments."},
  clv: {type: number, unit: currency, doc: "Mean future value: mrr x margin x residual_months; null without a contract."},
  equity: {type: number, unit: currency, doc: "Their sum."},
  equity_sum: {doc: "equity for the total of a segment: hidden tenures share theirs equally; null for one that is alone."},
  hidden_part: {doc: "1 / hidden tenures of the segment; null where not hidden."}]
source: "Fader & Hardie (2007), Journal of Interactive Marketing 21(1); (2010), Marketing Science 29(1), equation 6."
---*/
with tenures as (
    select
        customer_id,
        mrr,
        case when renewals > 600 then 600 else renewals end as tenure
    from contract_tenures(as_of := $as_of)
    where has_left = 0
),

held as (
    select
        a.scheme,
        a.segment,
        coalesce(f.model_no, 1) as model_no,
        a.tenure,
        count(*) as contracts,
        sum(a.mrr) as mrr
    from assigned_segments(members := tenures, scheme := $scheme, as_of := $as_of) as a
    left join contract_models as f on a.scheme = f.scheme and a.segment = f.segment
    group by a.scheme, a.segment, coalesce(f.model_no, 1), a.tenure
),

longest as (
    select
        scheme,
        segment,
        model_no,
        max(tenure) as last_tenure
    from held
    group by scheme, segment, model_no
),

months as (
    select h.digit * 100 + t.digit * 10 + u.digit as tenure
    from digits() as h
    cross join digits() as t
    cross join digits() as u
),

curve as (
    select
        l.scheme,
        l.segment,
        l.model_no,
        f.segment as model,
        m.tenure,
        (f.beta + m.tenure) / nullif(f.alpha + f.beta + m.tenure, 0) as retention,
        case
            when m.tenure = 0 then 0e0
            else ln((f.beta + case when m.tenure > 0 then m.tenure - 1 else 0 end) / nullif(f.alpha + f.beta + m.tenure - 1, 0))
        end as ln_renewed,
        2e0 * ln(1e0 + m.tenure / nullif(f.alpha + f.beta, 0)) / nullif(ln(1e0 + 600 / nullif(f.alpha + f.beta, 0)), 0) - 1e0 as w
    from longest as l
    inner join months as m on l.last_tenure >= m.tenure
    inner join contract_models as f on l.model_no = f.model_no
),

valued as (
    select
        scheme,
        segment,
        model,
        tenure,
        retention,
        exp(sum(ln_renewed) over (partition by scheme, segment order by tenure rows between unbounded preceding and current row)) as survival,
        residual_lifetime(model_no, w, $discount_rate, $scheme) as residual_months
    from curve
),

margins as (
    select sum(transaction_margin(amount, margin_amount, margin_rate := $margin_rate)) / nullif(sum(amount), 0) as margin_share
    from transactions
    where occurred_at < plus_days($as_of, 1)
),

held_values as (
    select
        h.scheme,
        h.segment,
        h.tenure,
        h.contracts,
        h.mrr,
        case when $basis = 'revenue' then h.mrr else h.mrr * coalesce(m.margin_share, $margin_rate, 1e0) end as margin
    from held as h
    cross join margins as m
),

tenured as (
    select
        v.scheme,
        v.segment,
        v.model,
        v.tenure as tenure_months,
        coalesce(h.contracts, 0) as contracts,
        h.mrr / nullif(h.contracts, 0) as mrr,
        v.retention,
        v.survival,
        v.residual_months,
        h.margin / nullif(h.contracts, 0) * v.residual_months as clv,
        h.margin * v.residual_months as equity
    from valued as v
    left join held_values as h on v.scheme = h.scheme and v.segment = h.segment and v.tenure = h.tenure
),

hidden as (
    select
        scheme,
        segment,
        model,
        tenure_months,
        contracts,
        mrr,
        retention,
        survival,
        residual_months,
        clv,
        equity,
        complementary(
            case when contracts > 0 and contracts < $min_n then 1 else 0 end,
            contracts, $min_n, tenure_months, scheme, segment, segment
        ) as is_hidden
    from tenured
)

select
    scheme,
    segment,
    model,
    tenure_months,
    contracts,
    case when is_hidden = 0 then mrr end as mrr,
    retention,
    survival,
    residual_months,
    case when is_hidden = 0 then clv end as clv,
    case when is_hidden = 0 then equity end as equity,
    shared_sum(equity, scheme, case when is_hidden = 1 then segment end) as equity_sum,
    hidden_part(scheme, case when is_hidden = 1 then segment end) as hidden_part
from hidden
