-- The call's SQL comes back in parentheses where it needs them.
-- kpi__masked_0 = rating / 2
select case when kpi__masked_0 >= 5 then 1 else 0 end as is_high, 2 * kpi__masked_0 as n from kpi__ratings;
select case when (rating / 2) >= 5 then 1 else 0 end as is_high, 2 * (rating / 2) as n from kpi__ratings;
