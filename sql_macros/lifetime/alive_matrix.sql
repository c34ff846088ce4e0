/*---
summary: How likely customers still are customers, by how often they bought and how long they have been silent.
kind: relation
grain: one row per scheme, segment, group of frequency and group of silence that has customers
args:
  scheme: {type: text, default: null, doc: "One segmentation scheme; null for all of them. 'All customers' is always there."}
  min_n: {type: integer, default: 10, min: 1, doc: "Of fewer customers no mean is given."}
  as_of: {type: date, default: {setting: as_of}, doc: "Last day that is looked at."}
returns:
  scheme: {type: string, doc: "Segmentation scheme."}
  segment: {type: string, doc: "Segment of today; 'Unassigned' where the customer has none."}
  frequency_group: {type: string, unit: repeat purchase days, doc: "00, 01, 02, 03-04, 05-09, 10-19, 20+; they sort as texts."}
  frequency_sort: {type: integer, range: "[1, 7]", doc: "Their order."}
  silence_group: {type: string, unit: months since the last purchase, doc: "0-1 months (up to 30 days), 1-2 (60), 2-3 (90), 3-6 (180), 6-12 (365), over 12 months."}
  silence_sort: {type: integer, range: "[1, 6]", doc: "Their order."}
  customers: {type: integer, unit: customers, doc: "Customers with a purchase."}
  p_alive: {type: number, unit: share, range: "[0, 1]", doc: "Mean probability of still being a customer; null below min_n customers."}
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
        a.frequency,
        a.recency,
        a.age,
        a.silent_days
    from assigned_segments(members := summary, scheme := $scheme, as_of := $as_of) as a
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
        when 1 then '00' when 2 then '01' when 3 then '02' when 4 then '03-04' when 5 then '05-09' when 6 then '10-19' else '20+'
    end as frequency_group,
    frequency_sort,
    case silence_sort
        when 1 then '0-1 months' when 2 then '1-2 months' when 3 then '2-3 months' when 4 then '3-6 months' when 5 then '6-12 months'
        else 'over 12 months'
    end as silence_group,
    silence_sort,
    count(*) as customers,
    protected(avg(p_alive), count(*), min_n := $min_n) as p_alive,
    sum(p_alive) as alive_customers
from grouped
group by scheme, segment, frequency_sort, silence_sort
