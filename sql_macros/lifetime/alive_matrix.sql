/*---
summary: How likely customers still are customers, by how often they bought and how long they have been silent.
kind: relation
grain: one row per scheme, segment, group of frequency and group of silence that has customers
args:
  scheme: {type: text, default: All customers, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment of today; 'Unassigned' where the customer has none."}
  frequency_group: {type: string, unit: repeat purchase days, doc: "0, 1, 2, 3-4, 5-9, 10-19, 20+."}
  frequency_sort: {type: integer, range: "[1, 7]", doc: "Their order."}
  silence_group: {type: string, unit: days since the last purchase, doc: "0-30, 31-60, 61-90, 91-180, 181-365, 366+."}
  silence_sort: {type: integer, range: "[1, 6]", doc: "Their order."}
  customers: {type: integer, unit: customers, doc: "Customers with a purchase."}
  p_alive: {type: number, unit: share, range: "[0, 1]", doc: "Mean probability of still being a customer."}
  alive_customers: {type: number, unit: customers, doc: "Sum of the probabilities."}
source: "Fader, Hardie & Lee (2005), Counting your customers the easy way, Marketing Science 24(2)."
---*/
with summary as (
    select
        customer_id,
        frequency,
        recency,
        age,
        age_days - recency_days as silent_days
    from customer_summary(observation_end := $as_of)
),

placed as (
    select
        a.scheme,
        a.segment,
        coalesce(f.model_no, 1) as model_no,
        s.frequency,
        s.recency,
        s.age,
        s.silent_days
    from assigned_segments(members := summary, scheme := $scheme, as_of := $as_of) as a
    inner join summary as s on a.customer_id = s.customer_id
    left join customer_models as f on a.scheme = f.scheme and a.segment = f.segment
),

grouped as (
    select
        p.scheme,
        p.segment,
        p_alive(p.frequency, p.recency, p.age, model := f.model, r := f.r, alpha := f.alpha, a := f.a, b := f.b) as p_alive,
        case
            when p.frequency <= 2 then p.frequency + 1
            when p.frequency <= 4 then 4
            when p.frequency <= 9 then 5
            when p.frequency <= 19 then 6
            else 7
        end as frequency_sort,
        case
            when p.silent_days <= 30 then 1
            when p.silent_days <= 60 then 2
            when p.silent_days <= 90 then 3
            when p.silent_days <= 180 then 4
            when p.silent_days <= 365 then 5
            else 6
        end as silence_sort
    from placed as p
    inner join customer_models as f on p.model_no = f.model_no
)

select
    scheme,
    segment,
    case frequency_sort
        when 1 then '0' when 2 then '1' when 3 then '2' when 4 then '3-4' when 5 then '5-9' when 6 then '10-19' else '20+'
    end as frequency_group,
    frequency_sort,
    case silence_sort
        when 1 then '0-30' when 2 then '31-60' when 3 then '61-90' when 4 then '91-180' when 5 then '181-365' else '366+'
    end as silence_group,
    silence_sort,
    count(*) as customers,
    avg(p_alive) as p_alive,
    sum(p_alive) as alive_customers
from grouped
group by scheme, segment, frequency_sort, silence_sort
