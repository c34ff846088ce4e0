/*---
summary: The score before and after each initiative, in points and in percent, and whether it changed.
grain: one row per initiative and scheme that its segment belongs to
args: [
  metric: {choices: [experience, value, satisfaction, ces], doc: "Which ratings: every valid one counts."},
  days: {type: integer, default: 90, min: 1, max: 3650, doc: "Days before the start, and days after it, whose ratings are compared."},
  pause_days: {type: integer, default: 0, min: 0, max: 3650, doc: "Days from the start that are left out, while the initiative takes hold."},
  method, membership, min_n,
  min_n_band: {min: 2, doc: "Fewer answers, or customers: no verdict."},
  as_of]
returns: [
  title: {type: string, doc: "Initiative. Without ratings before or after it there is no row."},
  started_on: {type: date, doc: "Day of its start."},
  ended_on: {type: date, doc: "Day of its end; null where it goes on."},
  scheme: {doc: "Scheme of its segment; 'All customers' where it is for all."},
  segment: {doc: "Segment that it is for."}, metric,
  is_complete: {type: integer, range: "0 or 1", doc: "1 where the days after it have passed by as_of; else the effect is provisional."},
  before_answers: {type: integer, unit: answers, range: "[0, inf)", doc: "Ratings in the days before."},
  after_answers: {type: integer, unit: answers, range: "[0, inf)", doc: "Ratings in the days after, the start among them."},
  before_score: {type: number, unit: percent, doc: "Mean score before; null where hidden."},
  after_score: {type: number, unit: percent, doc: "Mean score after; null where hidden."},
  difference: {type: number, unit: points, doc: "After less before."},
  difference_percent: {type: number, unit: percent, doc: "Difference in percent of the score before; null where that is 0."},
  ci_low: {unit: points, doc: "Lower end of the 95 % interval of the difference, which is within the range of scores."},
  ci_high: {unit: points, doc: "Upper end of the 95 % interval of the difference."},
  z,
  verdict: {type: string, doc: "Higher, Lower, No significant difference, Too few answers: after against before, see significance."}]
source: "Before and after without a comparison group: what else happened in these days is in the difference, see market_events."
---*/
with ordered as (
    select
        title,
        day_of(started_at) as started_on,
        day_of(ended_at) as ended_on,
        coalesce(segment, 'All customers') as segment
    from initiatives
    where started_at < plus_days($as_of, 1) and title is not null
),

rated as (
    select
        scheme,
        segment,
        customer_id,
        day_of(responded_at) as day,
        weight,
        score - 50e0 as centred,
        case when $method = 'as_is' then lo else 0e0 end as lowest,
        case when $method = 'as_is' then hi else 1e2 end as highest
    from rating_scores(metric := $metric, method := $method, membership := $membership, as_of := $as_of)
),

matched as (
    select
        i.title as part,
        i.started_on,
        i.ended_on,
        r.scheme,
        i.segment,
        case when r.day < i.started_on then plus_days(i.started_on, -1) else i.started_on end as period_start,
        r.customer_id,
        r.weight,
        r.centred,
        r.lowest,
        r.highest
    from ordered as i
    inner join rated as r
        on
            i.segment = r.segment
            and r.day >= plus_days(i.started_on, -($days))
            and r.day < plus_days(i.started_on, $pause_days + $days)
    where r.day < i.started_on or r.day >= plus_days(i.started_on, $pause_days)
),

sums as (
    select
        scheme,
        segment,
        part,
        period_start,
        0 as customers,
        rated_customers,
        answers,
        weight_sum,
        weight_square_sum,
        weighted_sum,
        weighted_square_sum,
        customer_square_sum,
        customer_cross_sum,
        customer_weighted_square_sum,
        lowest,
        highest
    from answer_sums(scores := matched)
),

scored as (
    select scheme, segment, part as title, period_start as side, answers, customer_n, score, squared_error, score_range
    from score_statistics(sums := sums, bands := 'none', min_n := $min_n, min_n_band := $min_n_band)
),

spans as (
    select distinct scheme, segment, part as title, started_on, ended_on
    from matched
),

pivoted as (
    select
        p.scheme,
        p.segment,
        p.title,
        p.started_on,
        p.ended_on,
        sum(case when s.side < p.started_on then s.answers else 0 end) as before_answers,
        sum(case when s.side >= p.started_on then s.answers else 0 end) as after_answers,
        min(s.customer_n) as fewest_customers,
        max(s.score_range) as score_range,
        max(case when s.side < p.started_on then s.score end) as before_score,
        max(case when s.side >= p.started_on then s.score end) as after_score,
        max(case when s.side < p.started_on then s.squared_error end) as before_error,
        max(case when s.side >= p.started_on then s.squared_error end) as after_error
    from spans as p
    inner join scored as s
        on
            p.scheme = s.scheme
            and p.segment = s.segment
            and p.title = s.title
            and s.side >= plus_days(p.started_on, -1)
            and s.side <= p.started_on
    group by p.scheme, p.segment, p.title, p.started_on, p.ended_on
),

compared as (
    select
        scheme,
        segment,
        title,
        started_on,
        ended_on,
        cast(before_answers as bigint) as before_answers,
        cast(after_answers as bigint) as after_answers,
        fewest_customers,
        score_range,
        before_score,
        after_score,
        after_score - before_score as difference,
        after_error + before_error as squared_error
    from pivoted
)

select
    title,
    started_on,
    ended_on,
    scheme,
    segment,
    $metric as metric,
    case when plus_days(started_on, $pause_days + $days - 1) <= $as_of then 1 else 0 end as is_complete,
    before_answers,
    after_answers,
    before_score,
    after_score,
    difference,
    1e2 * difference / nullif(before_score, 0) as difference_percent,
    within_range(difference - 1.96e0 * sqrt(squared_error), score_range) as ci_low,
    within_range(difference + 1.96e0 * sqrt(squared_error), score_range) as ci_high,
    difference / nullif(sqrt(squared_error), 0) as z,
    significance(difference, squared_error, fewest_customers, fewest_customers, min_n := $min_n_band) as verdict
from compared
