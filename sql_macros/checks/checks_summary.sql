/*---
summary: Every check, and how many rows contradict it.
kind: relation
grain: one row per check
uses:
  brands: []
  customer_models: []
  customers: []
  engagement: []
  followups: []
  ratings: []
  segment_membership: []
  segments: []
  transactions: []
args:
  as_of: {type: date, default: {setting: as_of}, doc: "Last complete day of the data."}
returns:
  check_name: {type: string, doc: "Name of the check, which is also the macro that returns the rows."}
  sentence: {type: string, doc: "What should hold."}
  severity: {type: string, doc: "error: numbers are wrong; warning: they say less than they seem to; info: worth knowing."}
  findings: {type: integer, unit: rows, range: "[0, inf)", doc: "Rows that contradict it; null where its tables are not mapped."}
  status: {type: string, doc: "Holds, Broken, or Not mapped."}
  fix: {type: string, doc: "What to do about findings."}
source: "Counts of check_findings; a test compares sentence, severity, fix and tables with the headers of the checks."
---*/
with checks as (
    select
        'rating_is_on_scale' as check_name,
        'Every rating counts - it is there, lies on its scale and has a weight.' as sentence,
        'error' as severity,
        'Correct the scale in kpi.yaml; leave codes such as -99 and empty answers out with `where`.' as fix,
        case when is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'response_is_unique' as check_name,
        'Nobody''s answers are counted twice.' as sentence,
        'error' as severity,
        'Keep one of them with `where`, or map a select that keeps the first.' as fix,
        case when is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'rating_has_a_customer' as check_name,
        'Every rating of the own brand names a customer who exists.' as sentence,
        'warning' as severity,
        'Map customer_id, or complete the customers; leave test customers out of ratings too.' as fix,
        case when is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'customer_is_in_one_segment' as check_name,
        'In each scheme a customer is in one segment at a time.' as sentence,
        'error' as severity,
        'Close the older membership with valid_to, or name the two groupings as two schemes.' as fix,
        case when is_mapped('segment_membership') then 1 else 0 end as is_applicable
    union all
    select
        'one_currency' as check_name,
        'All amounts are in one currency.' as sentence,
        'error' as severity,
        'Convert in the mapping''s expression of amount, or keep one currency with `where`.' as fix,
        case when is_mapped('transactions') then 1 else 0 end as is_applicable
    union all
    select
        'no_purchase_in_the_future' as check_name,
        'No purchase is later than the data can be.' as sentence,
        'error' as severity,
        'Correct the date where it is written, or move as_of in kpi.yaml.' as fix,
        case when is_mapped('transactions') then 1 else 0 end as is_applicable
    union all
    select
        'margins_are_positive' as check_name,
        'Every purchase earns a margin.' as sentence,
        'warning' as severity,
        'Look whether costs are booked twice or in another unit; genuine losses lower the CLV rightly.' as fix,
        case when is_mapped('transactions') then 1 else 0 end as is_applicable
    union all
    select
        'purchases_are_recent' as check_name,
        'The newest purchase lies within the last quarter.' as sentence,
        'warning' as severity,
        'Set as_of in kpi.yaml to the day on which the data ends, or look whether purchases are still loaded.' as fix,
        case when is_mapped('transactions') then 1 else 0 end as is_applicable
    union all
    select
        'ratings_are_recent' as check_name,
        'Every metric was rated within the last quarter.' as sentence,
        'warning' as severity,
        'Look whether the survey still runs and its answers are still loaded; if the data ends there, set as_of in kpi.yaml.' as fix,
        case when is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'competitor_ratings_are_recent' as check_name,
        'Every competitor was rated within the last year.' as sentence,
        'warning' as severity,
        'Ask non-customers or a panel about the competitors at least once a year.' as fix,
        case when is_mapped('brands') and is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'scores_have_comments' as check_name,
        'Enough ratings of value and experience come with a comment.' as sentence,
        'warning' as severity,
        'Ask for a reason after the rating, and map comment.' as fix,
        case when is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'low_ratings_are_followed_up' as check_name,
        'Every low experience rating is followed up in time.' as sentence,
        'warning' as severity,
        'Call these customers, and let a low rating open a case by itself.' as fix,
        case when is_mapped('followups') and is_mapped('ratings') then 1 else 0 end as is_applicable
    union all
    select
        'few_customers_are_unassigned' as check_name,
        'In each scheme few customers are in no segment.' as sentence,
        'warning' as severity,
        'Assign the customers, or leave out of customers those who belong to no segment by intent.' as fix,
        case when is_mapped('customers') and is_mapped('segment_membership') then 1 else 0 end as is_applicable
    union all
    select
        'segments_are_three_to_five' as check_name,
        'Every scheme has three to five segments.' as sentence,
        'info' as severity,
        'Merge segments that are treated alike, or split one that is not.' as fix,
        case when is_mapped('customers') and is_mapped('segment_membership') then 1 else 0 end as is_applicable
    union all
    select
        'segments_are_reviewed' as check_name,
        'No review of a segment is overdue.' as sentence,
        'warning' as severity,
        'Review the segments with their owner and write the day into last_reviewed_at.' as fix,
        case when is_mapped('segments') then 1 else 0 end as is_applicable
    union all
    select
        'overall_band_fits_segments' as check_name,
        'The band of all customers is the band of every larger segment.' as sentence,
        'info' as severity,
        'Report and act by segment; show the overall score only beside its segments.' as fix,
        case when is_mapped('customers') and is_mapped('ratings') and is_mapped('segment_membership') then 1 else 0 end as is_applicable
    union all
    select
        'engagement_is_measured' as check_name,
        'Every team''s engagement was measured in the newest complete period.' as sentence,
        'warning' as severity,
        'Ask the team, or end the row of a team that no longer exists.' as fix,
        case when is_mapped('engagement') then 1 else 0 end as is_applicable
    union all
    select
        'engagement_is_above_floor' as check_name,
        'No team''s engagement is below its floor.' as sentence,
        'warning' as severity,
        'Talk with the team before its customers notice; set floor to the house''s own limit.' as fix,
        case when is_mapped('engagement') then 1 else 0 end as is_applicable
    union all
    select
        'model_is_newer_than_its_data' as check_name,
        'The predictive models were fitted to the newest purchases.' as sentence,
        'warning' as severity,
        'Run superset-kpi fit, read what changed in the models file, and install again.' as fix,
        case when is_mapped('customer_models') and is_mapped('transactions') then 1 else 0 end as is_applicable
),

counted as (
    select check_name, count(*) as findings
    from check_findings(as_of := $as_of)
    group by check_name
)

select
    c.check_name,
    c.sentence,
    c.severity,
    case when c.is_applicable = 1 then coalesce(f.findings, 0) end as findings,
    case
        when c.is_applicable = 0 then 'Not mapped'
        when f.findings is null then 'Holds'
        else 'Broken'
    end as status,
    c.fix
from checks as c
left join counted as f on c.check_name = f.check_name
