/*---
summary: Customer experience (CX) rating by touchpoint, segment and period.
grain: one row per scheme, segment, touchpoint and period
alias_of: cx_by_dimension
bind: {dimension: touchpoint}
rename: {part: touchpoint}
omit: [cx_sum, answer_weight, hidden_part]
returns: [touchpoint: {doc: "Touchpoint where the experience was rated; 'Not stated' where the rating names none. Without an answer there is no row."}]
---*/
