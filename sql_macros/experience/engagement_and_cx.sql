/*---
summary: Engagement of each team beside the experience that its customers had, and how far the two go together.
grain: one row per team and period with both
args: [
  periods_later: {type: integer, default: 0, min: 0, max: 8, doc: "How many periods after the engagement the experience is looked at."},
  period,
  newest: {doc: "How many of the newest complete periods are looked at."},
  method,
  min_n: {doc: "Teams with fewer answers in a period are left out."},
  as_of, fiscal_shift]
returns: [
  team: {doc: "Team. Without a team that has both there are no rows."},
  period: {doc: "Name of the period of the engagement score."},
  period_start: {doc: "First day of it."},
  cx_period: {type: string, doc: "Name of the period of the experience."},
  engagement: {type: number, doc: "Engagement score; the mean where a team has several in the period."},
  answers: {doc: "Experience ratings of the team's customers."},
  cx: {doc: "Customer experience (CX) rating of the team."},
  band: {doc: "Its band, see cx_band; null below 30 answers."},
  pairs: {type: integer, unit: pairs, range: "[1, inf)", doc: "Pairs of team and period that the correlation is over: the same in every row."},
  r: {type: number, range: "[-1, 1]", doc: "Pearson correlation of engagement and cx over all rows, each counted once; null where one does not vary."},
  r_low, r_high,
  cx_sum: {doc: "Sum of weight * CX, for the CX of several rows."},
  answer_weight]
source: "Service-profit chain: Heskett et al. (1994), Harvard Business Review 72(2). Quarters of one team resemble each other, so the interval is narrower than it should be."
---*/
with experiences as (
    select team, period_start, answers, cx, band, cx_sum, answer_weight
    from
        cx_by_team(
            scheme := 'All customers', period := $period, method := $method, min_n := $min_n, as_of := $as_of, fiscal_shift := $fiscal_shift
        )
    where period_age >= 0 and period_age < $newest and cx is not null
),

measured as (
    select
        team,
        period_start(period, period := $period, fiscal_shift := $fiscal_shift) as period_start,
        avg(score) as engagement
    from engagement
    where score is not null and team is not null
    group by team, period_start(period, period := $period, fiscal_shift := $fiscal_shift)
),

pairs as (
    select
        m.team,
        m.period_start,
        e.period_start as cx_start,
        m.engagement,
        e.answers,
        e.cx,
        e.band,
        e.cx_sum,
        e.answer_weight
    from measured as m
    inner join experiences as e
        on
            m.team = e.team
            and plus_months(
                m.period_start, (case when $period = 'month' then 1 when $period = 'quarter' then 3 else 12 end) * $periods_later
            ) = e.period_start
),

centred as (
    select
        team,
        period_start,
        cx_start,
        engagement,
        answers,
        cx,
        band,
        cx_sum,
        answer_weight,
        engagement - avg(engagement) over () as x,
        cx - avg(cx) over () as y
    from pairs
),

summed as (
    select
        team,
        period_start,
        cx_start,
        engagement,
        answers,
        cx,
        band,
        cx_sum,
        answer_weight,
        count(*) over () as pairs,
        sum(x) over () as sum_x,
        sum(y) over () as sum_y,
        sum(x * x) over () as sum_xx,
        sum(y * y) over () as sum_yy,
        sum(x * y) over () as sum_xy
    from centred
),

correlated as (
    select
        team,
        period_start,
        cx_start,
        engagement,
        answers,
        cx,
        band,
        cx_sum,
        answer_weight,
        pairs,
        correlation(pairs, sum_x, sum_y, sum_xx, sum_yy, sum_xy) as r
    from summed
)

select
    team,
    period_label(period_start, period := $period, fiscal_shift := $fiscal_shift) as period,
    period_start,
    period_label(cx_start, period := $period, fiscal_shift := $fiscal_shift) as cx_period,
    engagement,
    answers,
    cx,
    band,
    pairs,
    r,
    correlation_low(r, pairs) as r_low,
    correlation_high(r, pairs) as r_high,
    cx_sum,
    answer_weight
from correlated
