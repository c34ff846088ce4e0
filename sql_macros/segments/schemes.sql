/*---
summary: The segmentation schemes that are asked for, 'All customers' among them.
grain: one row per scheme
internal: true
args: [scheme: {doc: "One segmentation scheme; null for all of them."}]
returns: [scheme: {doc: "Segmentation scheme that has members; 'All customers' is always one."}]
source: "See membership_spells."
---*/
-- One scheme is one row, which an aggregate tells the planners of engines and distinct does not.
with named as (
    select max(scheme) as scheme
    from membership_spells(scheme := $scheme)
)

select 'All customers' as scheme
where $scheme is null or $scheme = 'All customers'
union all
select distinct scheme
from membership_spells(scheme := $scheme)
where $scheme is null
union all
select $scheme as scheme
from named
where $scheme is not null and scheme is not null
