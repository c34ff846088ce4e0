/*---
summary: How likely customers are to be customers still, by how often they bought and how long they have been silent.
grain: one row per scheme, segment, group of frequency and group of silence that has customers
args: [
  scheme,
  min_n: {doc: "Of fewer customers no mean is given."},
  as_of]
returns: [
  scheme,
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  frequency_group: {type: string, unit: repeat purchase days, doc: "00, 01, 02, 03-04, 05-09, 10-19, 20+; they sort as texts."},
  frequency_sort: {type: integer, range: "[1, 7]", doc: "Their order."},
  silence_group: {type: string, unit: months since the last purchase, doc: "0-1 months (up to 30 days), 1-2 (60), 2-3 (90), 3-6 (180), 6-12 (365), over 12 months."},
  silence_sort: {type: integer, range: "[1, 6]", doc: "Their order."},
  customers: {doc: "Customers with a purchase."},
  p_alive: {type: number, unit: share, range: "[0, 1]", doc: "Mean probability of still being a customer; null below min_n customers, and where it protects another group."},
  alive_customers: {type: number, unit: customers, doc: "Sum of the probabilities; null where p_alive is."},
  alive_sum: {type: number, unit: customers, doc: "The same for totals, see protected_total; hidden rows share that of the hidden segments of their groups of frequency and silence."},
  hidden_part: {doc: "1 / rows of the hidden_group; null where not hidden."},
  hidden_group: {type: string, doc: "Which hidden rows share an alive_sum: those of a field, and of the scheme those that are alone in theirs."}]
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
),

cells as (
    select
        scheme,
        segment,
        frequency_sort as place_1,
        silence_sort as place_2,
        count(*) as customers,
        sum(p_alive) as amount
    from grouped
    group by scheme, segment, frequency_sort, silence_sort
),

marked as (
    select
        scheme,
        segment,
        place_1 as frequency_sort,
        place_2 as silence_sort,
        customers,
        amount,
        is_hidden,
        sum(is_hidden) over (partition by scheme, place_1, place_2) as hidden_segments
    from hidden_cells(cells := cells, min_n := $min_n)
),

named as (
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
        customers,
        amount,
        is_hidden,
        hidden_segments
    from marked
),

shared as (
    select
        scheme,
        segment,
        frequency_group,
        frequency_sort,
        silence_group,
        silence_sort,
        customers,
        amount,
        is_hidden,
        hidden_group(is_hidden, hidden_segments, frequency_group || ', ' || silence_group, scheme) as hidden_group
    from named
)

select
    scheme,
    segment,
    frequency_group,
    frequency_sort,
    silence_group,
    silence_sort,
    customers,
    case when is_hidden = 0 then amount / nullif(customers, 0) end as p_alive,
    case when is_hidden = 0 then amount end as alive_customers,
    shared_sum(amount, scheme, hidden_group) as alive_sum,
    hidden_part(scheme, hidden_group) as hidden_part,
    hidden_group
from shared
