/*---
summary: How many customers reached each stage of the journey, how many went on from the one before, and how they experienced it.
grain: one row per scheme, segment and stage
filtered_last: true
uses: [ratings, customers]
args: [
  scheme,
  days: {type: integer, default: null, min: 1, doc: "Only events of so many days up to as_of; null for all."},
  stage_1: {type: text, default: awareness, doc: "First stage, as the warehouse names it; one that is empty is left out."},
  stage_2: {type: text, default: engagement, doc: "Second stage."},
  stage_3: {type: text, default: consideration, doc: "Third stage."},
  stage_4: {type: text, default: purchase, doc: "Fourth stage."},
  stage_5: {type: text, default: onboarding, doc: "Fifth stage."},
  stage_6: {type: text, default: loyalty, doc: "Sixth stage."},
  stage_7: {type: text, default: advocacy, doc: "Seventh stage."},
  stage_8: {type: text, default: "", doc: "Eighth stage."},
  stage_9: {type: text, default: "", doc: "Ninth stage."},
  period: {doc: "Length of the newest complete period, whose experience is shown."},
  min_n: {doc: "Stages with fewer answers show no score, and with fewer customers from the stage before no mean of their days."},
  min_n_band: {doc: "Stages with fewer answers show no band."},
  as_of, fiscal_shift]
returns: [
  scheme: {doc: "Segmentation scheme. Without events there are no rows."},
  segment: {doc: "Segment of today; 'Unassigned' where a customer has none."},
  stage_order: {type: integer, range: "1 to 9", doc: "Place of the stage."},
  stage: {type: string, doc: "Stage of the journey. Every segment has a row for each; one that only rated has rows for what it rated."},
  customers: {range: "[0, inf)", doc: "Customers who reached the stage, each counted once."},
  share_of_first: {type: number, unit: share, doc: "Customers / those of the first stage; above 1 where more came in later; null where nobody is in the first."},
  from_previous: {type: integer, unit: customers, range: "[0, inf)", doc: "Customers who also reached the stage before; null for the first."},
  conversion: {type: number, unit: share, range: "[0, 1]", doc: "from_previous / customers of the stage before; null for the first, and where nobody was there."},
  ci_low: {unit: share, range: "[0, 1]", doc: "Lower end of its 95 % interval, see wilson_low."},
  ci_high: {unit: share, range: "[0, 1]", doc: "Upper end of its 95 % interval, see wilson_high."},
  days_from_previous: {type: number, unit: days, doc: "Mean days from the first time at the stage before to that at this one; null below min_n customers who came from there."},
  answers: {range: "[0, inf)", doc: "Experience ratings given at the stage in the newest complete period."},
  cx: {doc: "Customer experience (CX) rating of the stage in that period; null below min_n answers and where ratings are not mapped."},
  band: {doc: "Its band, see cx_band; null below min_n_band answers."},
  cx_sum, answer_weight,
  hidden_part: {doc: "1 / hidden rows of the scheme, stage and period; null where not hidden."}]
source: "Stages: awareness, engagement, consideration, purchase, onboarding, loyalty, advocacy. Who skips a stage counts where the warehouse saw them, so conversion is measured on those who were at the stage before."
---*/
with stages as (
    select 1 as stage_order, $stage_1 as stage
    where $stage_1 <> ''
    union all
    select 2 as stage_order, $stage_2 as stage
    where $stage_2 <> ''
    union all
    select 3 as stage_order, $stage_3 as stage
    where $stage_3 <> ''
    union all
    select 4 as stage_order, $stage_4 as stage
    where $stage_4 <> ''
    union all
    select 5 as stage_order, $stage_5 as stage
    where $stage_5 <> ''
    union all
    select 6 as stage_order, $stage_6 as stage
    where $stage_6 <> ''
    union all
    select 7 as stage_order, $stage_7 as stage
    where $stage_7 <> ''
    union all
    select 8 as stage_order, $stage_8 as stage
    where $stage_8 <> ''
    union all
    select 9 as stage_order, $stage_9 as stage
    where $stage_9 <> ''
),

ordered as (
    select stage_order, stage, lag(stage_order) over (order by stage_order) as stage_before
    from stages
),

reached as (
    select e.customer_id, s.stage_order, s.stage_before, min(e.occurred_at) as reached_at
    from journey_events as e
    inner join ordered as s on e.stage = s.stage
    where
        e.customer_id is not null
        and e.occurred_at < plus_days($as_of, 1)
        and ($days is null or day_of(e.occurred_at) > plus_days($as_of, -($days)))
    group by e.customer_id, s.stage_order, s.stage_before
),

followed as (
    select
        customer_id,
        stage_order,
        stage_before,
        reached_at,
        lag(stage_order) over (partition by customer_id order by stage_order) as came_from,
        lag(reached_at) over (partition by customer_id order by stage_order) as came_at
    from reached
),

counts as (
    select
        f.scheme,
        f.segment,
        f.stage_order,
        count(*) as customers,
        sum(case when f.came_from = f.stage_before then 1 else 0 end) as from_previous,
        avg(case when f.came_from = f.stage_before then cast(days_between(f.came_at, f.reached_at) as double) end) as days_from_previous
    from assigned_segments(members := followed, scheme := $scheme, as_of := $as_of) as f
    group by f.scheme, f.segment, f.stage_order
),

segments_found as (
    select distinct scheme, segment
    from counts
),

schemes_found as (
    select distinct scheme
    from segments_found
),

grid as (
    select
        g.scheme,
        g.segment,
        s.stage_order,
        s.stage,
        s.stage_before,
        coalesce(c.customers, 0) as customers,
        coalesce(c.from_previous, 0) as from_previous,
        c.days_from_previous
    from segments_found as g
    cross join ordered as s
    left join counts as c on g.scheme = c.scheme and g.segment = c.segment and s.stage_order = c.stage_order
),

funnel as (
    select
        scheme,
        segment,
        stage_order,
        stage,
        customers,
        case when stage_before is not null then from_previous end as from_previous,
        days_from_previous,
        lag(customers) over (partition by scheme, segment order by stage_order) as customers_before,
        sum(case when stage_before is null then customers else 0 end) over (partition by scheme, segment) as first_customers
    from grid
),

experiences as (
    select scheme, segment, journey_stage, answers, cx, band, cx_sum, answer_weight, hidden_part
    from
        cx_by_journey_stage(
            scheme := $scheme, period := $period, membership := 'current', min_n := $min_n, min_n_band := $min_n_band,
            as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age = 0
),

-- Who rates a stage may be in a segment that no customer of the journey is in, or be nobody known.
placed as (
    select
        scheme,
        segment,
        stage_order,
        stage,
        customers,
        from_previous,
        days_from_previous,
        customers_before,
        first_customers,
        0 as answers,
        cast(null as double) as cx,
        cast(null as text) as band,
        cast(null as double) as cx_sum,
        cast(null as double) as answer_weight,
        cast(null as double) as hidden_part
    from funnel
    union all
    select
        e.scheme,
        e.segment,
        s.stage_order,
        s.stage,
        0 as customers,
        cast(null as bigint) as from_previous,
        cast(null as double) as days_from_previous,
        cast(null as bigint) as customers_before,
        cast(null as bigint) as first_customers,
        e.answers,
        e.cx,
        e.band,
        e.cx_sum,
        e.answer_weight,
        e.hidden_part
    from experiences as e
    inner join ordered as s on e.journey_stage = s.stage
    inner join schemes_found as f on e.scheme = f.scheme
),

met as (
    select
        scheme,
        segment,
        stage_order,
        stage,
        max(customers) as customers,
        max(from_previous) as from_previous,
        max(days_from_previous) as days_from_previous,
        max(customers_before) as customers_before,
        max(first_customers) as first_customers,
        max(answers) as answers,
        max(cx) as cx,
        max(band) as band,
        max(cx_sum) as cx_sum,
        max(answer_weight) as answer_weight,
        max(hidden_part) as hidden_part
    from placed
    group by scheme, segment, stage_order, stage
)

select
    scheme,
    segment,
    stage_order,
    stage,
    customers,
    customers * 1e0 / nullif(first_customers, 0) as share_of_first,
    cast(from_previous as bigint) as from_previous,
    from_previous * 1e0 / nullif(customers_before, 0) as conversion,
    wilson_low(from_previous, customers_before) as ci_low,
    wilson_high(from_previous, customers_before) as ci_high,
    protected(days_from_previous, from_previous, min_n := $min_n) as days_from_previous,
    answers,
    cx,
    band,
    cx_sum,
    answer_weight,
    hidden_part
from met
