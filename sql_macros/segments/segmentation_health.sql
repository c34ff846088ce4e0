/*---
summary: Whether each segmentation scheme is fit for use - number, size, overlap, separation and stability of its segments, and their review.
grain: one row per scheme
uses: [segments, transactions, ratings]
args: [
  scheme: {doc: "One segmentation scheme; null for all of them."},
  min_segments, max_segments,
  period: {doc: "Length of the period that stability is measured over."},
  interval_months, as_of, fiscal_shift]
returns: [
  scheme: {doc: "Segmentation scheme. Without customers or memberships there are no rows."},
  segments: {type: integer, unit: segments, range: "[0, inf)", doc: "Segments with customers, without Unassigned."},
  number_verdict: {type: string, doc: "Ideal (min_segments to max_segments), Under-differentiates (fewer), Complex (more)."},
  customers: {range: "[1, inf)", doc: "Customers."},
  smallest_customers: {type: integer, unit: customers, range: "[1, inf)", doc: "Customers of the smallest segment; null where all are Unassigned."},
  smallest_share: {type: number, unit: share, range: "(0, 1]", doc: "They / customers."},
  largest_share: {type: number, unit: share, range: "(0, 1]", doc: "Customers of the largest segment / customers."},
  unassigned_share,
  overlapping_customers: {type: integer, unit: customers, range: "[0, inf)", doc: "Customers whom the warehouse holds in two segments; elsewhere they count in the one they joined last."},
  eta_squared_clv: {type: number, unit: share, range: "[0, 1]", doc: "Share of the variance of CLV that the scheme explains, see segment_separation; null where neither transactions nor subscriptions are mapped."},
  eta_squared_cx: {type: number, unit: share, range: "[0, 1]", doc: "The same of experience scores; null where ratings are not mapped."},
  changed_share: {type: number, unit: share, range: "[0, 1]", doc: "Customers who changed their segment in the newest complete period, see segment_stability; null where there were none before it."},
  months_since_review: {type: integer, unit: months, doc: "Calendar months since the review longest ago; null where no segment was reviewed."},
  review_status: {type: string, doc: "The worst of its segments: Never reviewed, Overdue, Due, Current; null where last_reviewed_at is not mapped."}]
source: "Three to five segments; membership without overlap; see segment_separation, segment_stability and review_status."
---*/
with sizes as (
    select scheme, segment, count(*) as customers
    from current_segments(scheme := $scheme, as_of := $as_of)
    where scheme <> 'All customers'
    group by scheme, segment
),

schemes as (
    select
        scheme,
        sum(customers) as customers,
        sum(case when segment = 'Unassigned' then 0 else 1 end) as segments,
        min(case when segment <> 'Unassigned' then customers end) as smallest_customers,
        max(case when segment <> 'Unassigned' then customers end) as largest_customers,
        sum(case when segment = 'Unassigned' then customers else 0 end) as unassigned_customers
    from sizes
    group by scheme
),

held as (
    select scheme, customer_id, count(distinct segment) as segments
    from segment_membership
    where
        customer_id is not null
        and trim(segment) <> ''
        and (valid_from is null or day_of(valid_from) <= $as_of)
        and (valid_to is null or day_of(valid_to) > $as_of)
    group by scheme, customer_id
),

doubled as (
    select scheme, count(*) as customers
    from held
    where segments > 1
    group by scheme
),

separation as (
    select
        scheme,
        max(case when measure = 'CLV' then eta_squared end) as eta_squared_clv,
        max(case when measure = 'CX' then eta_squared end) as eta_squared_cx
    from segment_separation(scheme := $scheme, as_of := $as_of)
    group by scheme
),

changes as (
    select scheme, changed_share
    from segment_stability(scheme := $scheme, period := $period, newest := 2, as_of := $as_of, fiscal_shift := $fiscal_shift)
    where period_age = 0
),

reviews as (
    select
        scheme,
        max(months_since_review) as months_since_review,
        max(
            case
                when review_status = 'Never reviewed' then 3
                when review_status = 'Overdue' then 2
                when review_status = 'Due' then 1
                else 0
            end
        ) as severity
    from segments_due_for_review(scheme := $scheme, interval_months := $interval_months, include_current := true, as_of := $as_of)
    group by scheme
)

select
    s.scheme,
    cast(s.segments as bigint) as segments,
    case
        when s.segments < $min_segments then 'Under-differentiates'
        when s.segments > $max_segments then 'Complex'
        else 'Ideal'
    end as number_verdict,
    cast(s.customers as bigint) as customers,
    s.smallest_customers,
    s.smallest_customers * 1e0 / nullif(s.customers, 0) as smallest_share,
    s.largest_customers * 1e0 / nullif(s.customers, 0) as largest_share,
    s.unassigned_customers * 1e0 / nullif(s.customers, 0) as unassigned_share,
    cast(coalesce(o.customers, 0) as bigint) as overlapping_customers,
    p.eta_squared_clv,
    p.eta_squared_cx,
    c.changed_share,
    r.months_since_review,
    case
        when not is_mapped('segments', 'last_reviewed_at') then cast(null as text)
        when r.severity = 2 then 'Overdue'
        when r.severity = 1 then 'Due'
        when r.severity = 0 then 'Current'
        else 'Never reviewed'
    end as review_status
from schemes as s
left join doubled as o on s.scheme = o.scheme
left join separation as p on s.scheme = p.scheme
left join changes as c on s.scheme = c.scheme
left join reviews as r on s.scheme = r.scheme
