-- What a call passes is SQL of the warehouse's own: it stands aside, whatever it is made of.
-- $score = median(rating) / 2
select grade($score, 'pass') as grade from kpi__ratings;
-- $score = kpi__masked_0
-- kpi__masked_0 = median(rating) / 2
select grade($score, 'pass') as grade from kpi__ratings;

-- A literal is the same on every engine, and may decide a branch: it stays.
-- $sort = 'pass'
select grade(rating, $sort) as grade from kpi__ratings;
-- $sort = 'pass'
select grade(rating, $sort) as grade from kpi__ratings;
