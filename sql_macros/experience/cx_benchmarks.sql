/*---
summary: Customer experience (CX) by segment against its target and against published or bought comparison scores.
grain: one row per scheme, segment and score to compare with
uses: [benchmarks]
args: [
  scheme,
  industry: {type: text, default: null, doc: "Only comparison scores of this industry, and those of none; null for all of them."},
  period, age,
  method: {doc: "How a rating becomes a score, see score; a comparison is fair only where the other score was made in the same way."},
  membership, min_n, min_n_band, target, as_of, fiscal_shift]
returns: [
  scheme,
  segment: {doc: "Segment; 'Unassigned' where a customer has none. Without an answer in the period there are no rows."},
  period, answers, cx, cx_shown,
  ci_low: {doc: "Lower end of the 95 % interval."},
  ci_high, band,
  compared_with: {type: string, doc: "Target, or Industry."},
  norm_name: {type: string, doc: "Target; or the industry, 'All industries' where none is stated."},
  norm: {type: number, unit: percent, doc: "Target of the segment, else the general one; or the newest score of the industry, that of the segment where there is one."},
  norm_source: {type: string, doc: "Who published it; null for the target."},
  norm_as_of: {type: date, doc: "When; null for the target."},
  is_verified: {type: integer, range: "0 or 1", doc: "1 where somebody checked the published number; 1 for the target."},
  gap: {type: number, unit: points, doc: "cx less norm; null where cx is."},
  is_met: {type: integer, range: "0 or 1", doc: "1 where cx reaches the norm; null where cx is."},
  verdict: {type: string, doc: "Above, Below, or Too close to call where the norm lies in the interval; null where there is none."}]
source: "Target 85 and its bands are this project's; comparison scores are rows of the warehouse, marked unverified until checked."
---*/
with scored as (
    select scheme, segment, period, answers, cx, cx_shown, ci_low, ci_high, band, target
    from
        cx_by_segment(
            scheme := $scheme, period := $period, method := $method, membership := $membership, min_n := $min_n,
            min_n_band := $min_n_band, target := $target, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age = $age and answers > 0
),

published as (
    select
        coalesce(industry, 'All industries') as norm_name,
        segment,
        value as norm,
        source as norm_source,
        day_of(as_of) as norm_as_of,
        case when verified then 1 else 0 end as is_verified,
        row_number() over (
            partition by coalesce(industry, 'All industries'), coalesce(segment, '')
            order by as_of desc, source desc, value desc
        ) as newest_first
    from benchmarks
    where metric = 'experience' and value is not null and ($industry is null or industry is null or industry = $industry)
),

matched as (
    select
        s.scheme,
        s.segment,
        p.norm_name,
        p.norm,
        p.norm_source,
        p.norm_as_of,
        p.is_verified,
        row_number() over (partition by s.scheme, s.segment, p.norm_name order by case when p.segment is null then 1 else 0 end) as closest_first
    from scored as s
    inner join published as p on p.segment is null or p.segment = s.segment
    where p.newest_first = 1
),

norms as (
    select
        scheme,
        segment,
        'Target' as compared_with,
        'Target' as norm_name,
        target as norm,
        cast(null as text) as norm_source,
        cast(null as date) as norm_as_of,
        1 as is_verified
    from scored
    union all
    select
        scheme,
        segment,
        'Industry' as compared_with,
        norm_name,
        norm,
        norm_source,
        norm_as_of,
        is_verified
    from matched
    where closest_first = 1
)

select
    s.scheme,
    s.segment,
    s.period,
    s.answers,
    s.cx,
    s.cx_shown,
    s.ci_low,
    s.ci_high,
    s.band,
    n.compared_with,
    n.norm_name,
    n.norm,
    n.norm_source,
    n.norm_as_of,
    n.is_verified,
    s.cx - n.norm as gap,
    case when s.cx >= n.norm then 1 when s.cx < n.norm then 0 end as is_met,
    case
        when s.ci_low > n.norm then 'Above'
        when s.ci_high < n.norm then 'Below'
        when s.ci_low is not null then 'Too close to call'
    end as verdict
from scored as s
inner join norms as n on s.scheme = n.scheme and s.segment = n.segment
