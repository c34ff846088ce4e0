/*---
summary: No team's engagement is below its floor.
grain: one row per team whose newest engagement score is too low
args: [
  floor: {type: number, default: 70, doc: "Lowest engagement score that needs no action."},
  max_days: {type: integer, default: 365, min: 1, doc: "Older scores are not looked at."},
  as_of]
returns: [
  item: {type: string, doc: "Team."},
  detail: {type: string, doc: "What it is below."},
  score: {type: number, doc: "Newest engagement score."},
  measured_on: {type: date, doc: "First day of its period."}]
source: "Experience follows the engagement of those who serve the customer, so a low score is an early warning."
check:
  severity: warning
  fix: "Talk with the team before its customers notice; set floor to the house's own limit."
---*/
with scored as (
    select
        team,
        score,
        day_of(period) as measured_on,
        row_number() over (partition by team order by period desc, score asc) as newest_first
    from engagement
    where score is not null and period < plus_days($as_of, 1) and day_of(period) > plus_days($as_of, -($max_days))
)

select team as item, 'Below the floor' as detail, score, measured_on
from scored
where newest_first = 1 and score < $floor
