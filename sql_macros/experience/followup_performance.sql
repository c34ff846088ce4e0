/*---
summary: How many low ratings were followed up, how fast, and whether those customers came back with a better one.
grain: one row per scheme, segment, part and period
filtered_last: true
args: [
  scheme,
  dimension: {type: column, choices: [metric, touchpoint, journey_stage, team, channel], default: metric, doc: "Column whose values are counted apart; metric for none."},
  period, low_score, within_days,
  recovered_from: {type: number, default: 70, min: 0, max: 100, doc: "A customer is won back whose next score is at least this."},
  membership,
  min_n: {doc: "Of fewer ratings no rate and no time is given."},
  as_of, fiscal_shift]
returns: [
  scheme, segment,
  part: {doc: "Value of the dimension, 'Not stated' where a rating has none; experience without a dimension."},
  period: {doc: "Name of the period in which the rating was given."},
  period_start, period_age,
  low_ratings: {type: integer, unit: ratings, range: "[1, inf)", doc: "Low ratings; without any there is no row."},
  contacted: {type: integer, unit: ratings, doc: "Those followed up by as_of, see contact_time."},
  followup_rate: {type: number, unit: share, range: "[0, 1]", doc: "Contacted / low_ratings; this and every rate and time null where it is made of fewer than min_n."},
  ci_low: {unit: share, range: "[0, 1]", doc: "Lower end of its 95 % interval, see wilson_low."},
  ci_high: {unit: share, range: "[0, 1]", doc: "Upper end of its 95 % interval, see wilson_high."},
  due_ratings: {type: integer, unit: ratings, doc: "Low ratings given within_days or more before as_of: the others still have time."},
  in_time: {type: integer, unit: ratings, doc: "Those of them contacted within within_days."},
  in_time_rate: {type: number, unit: share, range: "[0, 1]", doc: "In time / due; null where none is due."},
  median_hours: {type: number, unit: hours, range: "[0, inf)", doc: "Median time from the rating to the contact; null without a contact."},
  mean_hours: {type: number, unit: hours, range: "[0, inf)", doc: "Mean time from the rating to the contact."},
  contact_hours: {type: number, unit: hours, range: "[0, inf)", doc: "Sum of those times, so that several rows have one mean; null without a contact."},
  closed: {type: integer, unit: ratings, doc: "Cases closed by as_of."},
  rated_again: {type: integer, unit: ratings, doc: "Contacted ones whose customer rated an experience again later."},
  recovered: {type: integer, unit: ratings, doc: "Those of them whose next score is at least recovered_from."},
  recovery_rate: {type: number, unit: share, range: "[0, 1]", doc: "Recovered / rated again; null where nobody rated again."},
  recovery_rate_without: {type: number, unit: share, range: "[0, 1]", doc: "The same among low ratings that were not followed up: what time alone does."}]
source: "Closing the loop: Markey, Reichheld & Dullweber (2009), Closing the Customer Feedback Loop, Harvard Business Review 87(12). Median as the mean of the middle one or two by rank."
---*/
with rated as (
    select
        scheme,
        segment,
        coalesce($dimension, 'Not stated') as part,
        period_start,
        rating_id,
        response_id,
        responded_at,
        score,
        case
            when customer_id is not null then lag(score) over (partition by scheme, customer_id order by responded_at desc, rating_id desc)
        end as next_score
    from
        rating_scores(
            metric := 'experience', scheme := $scheme, period := $period, membership := $membership, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
),

followed as (
    select
        r.scheme,
        r.segment,
        r.part,
        r.period_start,
        r.rating_id,
        r.next_score,
        case when c.contacted_at is not null then 1 else 0 end as is_contacted,
        coalesce(c.is_closed, 0) as is_closed,
        case when c.contacted_at >= r.responded_at then hours_between(r.responded_at, c.contacted_at) end as hours,
        case when day_of(r.responded_at) <= plus_days($as_of, -($within_days)) then 1 else 0 end as is_due,
        case when days_between(r.responded_at, c.contacted_at) <= $within_days then 1 else 0 end as is_in_time
    from rated as r
    left join first_contacts(as_of := $as_of) as c on r.response_id = c.response_id
    where r.score <= $low_score
),

ranked as (
    select
        scheme,
        segment,
        part,
        period_start,
        next_score,
        is_contacted,
        is_closed,
        hours,
        is_due,
        is_in_time,
        count(hours) over (partition by scheme, segment, part, period_start) as timed,
        row_number() over (
            partition by scheme, segment, part, period_start, case when hours is null then 1 else 0 end
            order by hours, rating_id
        ) as place
    from followed
),

sums as (
    select
        scheme,
        segment,
        part,
        period_start,
        count(*) as low_ratings,
        sum(is_contacted) as contacted,
        sum(is_due) as due_ratings,
        sum(is_due * is_in_time) as in_time,
        avg(case when place in (floor((timed + 1) / 2e0), floor((timed + 2) / 2e0)) then hours end) as median_hours,
        count(hours) as timed_ratings,
        sum(hours) as contact_hours,
        sum(is_closed) as closed,
        sum(case when is_contacted = 1 and next_score is not null then 1 else 0 end) as rated_again,
        sum(case when is_contacted = 1 and next_score >= $recovered_from then 1 else 0 end) as recovered,
        sum(case when is_contacted = 0 and next_score is not null then 1 else 0 end) as rated_again_without,
        sum(case when is_contacted = 0 and next_score >= $recovered_from then 1 else 0 end) as recovered_without
    from ranked
    group by scheme, segment, part, period_start
)

select
    scheme,
    segment,
    part,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_start,
    period_age(period_start, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) as period_age,
    low_ratings,
    cast(contacted as bigint) as contacted,
    protected(contacted * 1e0 / nullif(low_ratings, 0), low_ratings, min_n := $min_n) as followup_rate,
    protected(wilson_low(contacted, low_ratings), low_ratings, min_n := $min_n) as ci_low,
    protected(wilson_high(contacted, low_ratings), low_ratings, min_n := $min_n) as ci_high,
    cast(due_ratings as bigint) as due_ratings,
    cast(in_time as bigint) as in_time,
    protected(in_time * 1e0 / nullif(due_ratings, 0), due_ratings, min_n := $min_n) as in_time_rate,
    protected(median_hours, timed_ratings, min_n := $min_n) as median_hours,
    protected(contact_hours / nullif(timed_ratings, 0), timed_ratings, min_n := $min_n) as mean_hours,
    contact_hours,
    cast(closed as bigint) as closed,
    cast(rated_again as bigint) as rated_again,
    cast(recovered as bigint) as recovered,
    protected(recovered * 1e0 / nullif(rated_again, 0), rated_again, min_n := $min_n) as recovery_rate,
    protected(recovered_without * 1e0 / nullif(rated_again_without, 0), rated_again_without, min_n := $min_n) as recovery_rate_without
from sums
