/*---
summary: The segments of every scheme, in the order of the catalogue - what filters offer.
grain: one row per scheme and segment
uses: [segments, segment_membership]
args: [
  default_scheme: {type: text, default: {setting: default_scheme}, doc: "Scheme that comes first; null: the first by name."}]
returns: [
  scheme: {doc: "Segmentation scheme; 'All customers' is always there."},
  segment: {doc: "Segment; each mapped scheme also has 'Unassigned'."},
  scheme_sort: {type: integer, range: "[1, inf)", doc: "Place of the scheme: the default, the others by name, 'All customers'."},
  sort_order: {type: number, doc: "Place in the catalogue; null where the catalogue does not say."}]
source: "The catalogue of segments and, where one is missing there, the memberships."
---*/
with named as (
    select scheme, segment, sort_order
    from segments
    union all
    select distinct scheme, segment, cast(null as double) as sort_order
    from segment_membership
    union all
    select 'All customers' as scheme, 'All customers' as segment, 1e0 as sort_order
),

schemes as (
    select
        scheme,
        case when scheme = 'All customers' then 2 when scheme = $default_scheme then 0 else 1 end as priority
    from named
    where scheme is not null
    group by scheme
),

ranked as (
    select
        scheme,
        row_number() over (order by priority, scheme) as scheme_sort
    from schemes
)

select
    n.scheme,
    n.segment,
    r.scheme_sort,
    min(n.sort_order) as sort_order
from named as n
inner join ranked as r on n.scheme = r.scheme
where trim(n.segment) <> ''
group by n.scheme, n.segment, r.scheme_sort
union all
select
    scheme,
    'Unassigned' as segment,
    scheme_sort,
    1e6 as sort_order
from ranked
where scheme <> 'All customers'
