/*---
summary: Customer experience (CX) rating by stage of the customer journey, segment and period.
grain: one row per scheme, segment, journey_stage and period
alias_of: cx_by_dimension
bind: {dimension: journey_stage}
rename: {part: journey_stage}
returns: [
  journey_stage: {doc: "Stage of the customer journey that was rated; 'Not stated' where the rating names none. Without an answer there is no row."},
  hidden_part: {doc: "1 / hidden rows of the scheme, journey stage and period; null where not hidden."}]
---*/
