/*---
summary: Every row that contradicts a check, of all checks whose tables are mapped.
kind: relation
grain: one row per check and offending row
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
  check_name: {type: string, doc: "Name of the check, which is also a macro with more columns."}
  item: {type: string, doc: "What the row is about: a rating, response, customer, transaction, segment, scheme, team or metric."}
  detail: {type: string, doc: "What is wrong with it."}
source: "Each check with the arguments that it has by itself. No row where all checks hold."
---*/
select 'rating_is_on_scale' as check_name, item, detail
from rating_is_on_scale()
where is_mapped('ratings')
union all
select 'response_is_unique' as check_name, item, detail
from response_is_unique()
where is_mapped('ratings')
union all
select 'rating_has_a_customer' as check_name, item, detail
from rating_has_a_customer()
where is_mapped('ratings')
union all
select 'customer_is_in_one_segment' as check_name, item, detail
from customer_is_in_one_segment()
where is_mapped('segment_membership')
union all
select 'one_currency' as check_name, item, detail
from one_currency()
where is_mapped('transactions')
union all
select 'no_purchase_in_the_future' as check_name, item, detail
from no_purchase_in_the_future(as_of := $as_of)
where is_mapped('transactions')
union all
select 'margins_are_positive' as check_name, item, detail
from margins_are_positive()
where is_mapped('transactions')
union all
select 'purchases_are_recent' as check_name, item, detail
from purchases_are_recent(as_of := $as_of)
where is_mapped('transactions')
union all
select 'ratings_are_recent' as check_name, item, detail
from ratings_are_recent(as_of := $as_of)
where is_mapped('ratings')
union all
select 'competitor_ratings_are_recent' as check_name, item, detail
from competitor_ratings_are_recent(as_of := $as_of)
where is_mapped('brands') and is_mapped('ratings')
union all
select 'scores_have_comments' as check_name, item, detail
from scores_have_comments(as_of := $as_of)
where is_mapped('ratings')
union all
select 'low_ratings_are_followed_up' as check_name, item, detail
from low_ratings_are_followed_up(as_of := $as_of)
where is_mapped('followups') and is_mapped('ratings')
union all
select 'few_customers_are_unassigned' as check_name, item, detail
from few_customers_are_unassigned(as_of := $as_of)
where is_mapped('customers') and is_mapped('segment_membership')
union all
select 'segments_are_three_to_five' as check_name, item, detail
from segments_are_three_to_five(as_of := $as_of)
where is_mapped('customers') and is_mapped('segment_membership')
union all
select 'segments_are_reviewed' as check_name, item, detail
from segments_are_reviewed(as_of := $as_of)
where is_mapped('segments')
union all
select 'overall_band_fits_segments' as check_name, item, detail
from overall_band_fits_segments(as_of := $as_of)
where is_mapped('customers') and is_mapped('ratings') and is_mapped('segment_membership')
union all
select 'engagement_is_measured' as check_name, item, detail
from engagement_is_measured(as_of := $as_of)
where is_mapped('engagement')
union all
select 'engagement_is_above_floor' as check_name, item, detail
from engagement_is_above_floor(as_of := $as_of)
where is_mapped('engagement')
union all
select 'model_is_newer_than_its_data' as check_name, item, detail
from model_is_newer_than_its_data(as_of := $as_of)
where is_mapped('customer_models') and is_mapped('transactions')
