/*---
summary: No answers are counted twice.
grain: one row per repeated response
args: [within_days: {default: 1, max: 366, doc: "Calendar days within which the same answers are a repetition."}]
returns: [
  item: {type: string, doc: "Response, or rating where responses are not mapped."},
  detail: {type: string, doc: "What it repeats."},
  customer: {doc: "Customer; null where there is none."},
  ratings, responded_at]
source: "A response repeats another when each of its ratings has the same customer, question, touchpoint, cycle and value as an earlier one; a rating_id, or a question of one response, must not come twice."
check:
  severity: error
  fix: "Keep one of them with `where`, or map a select that keeps the first."
---*/
with answers as (
    select
        coalesce(cast(response_id as text), cast(rating_id as text)) as response,
        rating_id,
        customer_id,
        metric,
        attribute,
        brand,
        touchpoint,
        cycle,
        rating,
        responded_at
    from ratings
    where rating is not null
),

lined_up as (
    select
        response,
        customer_id,
        responded_at,
        count(*) over (partition by rating_id) as same_id,
        lag(response) over (
            partition by customer_id, metric, attribute, brand, touchpoint, cycle, rating
            order by responded_at, rating_id
        ) as before_response,
        lag(responded_at) over (
            partition by customer_id, metric, attribute, brand, touchpoint, cycle, rating
            order by responded_at, rating_id
        ) as before_at
    from answers
),

compared as (
    select
        response,
        customer_id,
        responded_at,
        before_response,
        case
            when same_id > 1 then 1
            when customer_id is not null and before_response = response then 1
            else 0
        end as is_double,
        case
            when customer_id is not null and before_response <> response and days_between(before_at, responded_at) <= $within_days then 1
            else 0
        end as is_repeated
    from lined_up
),

responses as (
    select
        response,
        max(cast(customer_id as text)) as customer,
        max(responded_at) as responded_at,
        max(case when is_repeated = 1 then before_response end) as before_response,
        count(*) as ratings,
        sum(is_repeated) as repeated,
        max(is_double) as is_double
    from compared
    group by response
)

select
    response as item,
    case when is_double = 1 then 'A rating stands in it twice' else 'The same answers as ' || before_response end as detail,
    customer,
    cast(ratings as bigint) as ratings,
    responded_at
from responses
where is_double = 1 or repeated = ratings
