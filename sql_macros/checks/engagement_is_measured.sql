/*---
summary: Every team's engagement was measured in the newest complete period.
grain: one row per team without a new engagement score
args: [
  period: {doc: "How often engagement is measured."},
  as_of, fiscal_shift]
returns: [
  item: {type: string, doc: "Team."},
  detail: {type: string, doc: "Its newest period with a score."},
  last_measured_on: {type: date, doc: "First day of that period."}]
source: "Teams are those with any score; one whose last score is older than two years counts as dissolved."
check:
  severity: warning
  fix: "Ask the team, or end the row of a team that no longer exists."
---*/
with newest as (
    select team, max(day_of(period)) as last_measured_on
    from engagement
    where score is not null and period < plus_days($as_of, 1)
    group by team
),

aged as (
    select
        team,
        last_measured_on,
        period_start(last_measured_on, period := $period, fiscal_shift := $fiscal_shift) as last_period
    from newest
    where last_measured_on > plus_days($as_of, -731)
)

select
    team as item,
    'Last measured in ' || period_label(last_period, period := $period, fiscal_shift := $fiscal_shift) as detail,
    last_measured_on
from aged
where period_age(last_period, period := $period, as_of := $as_of, fiscal_shift := $fiscal_shift) > 0
