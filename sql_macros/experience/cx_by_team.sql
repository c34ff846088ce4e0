/*---
summary: Customer experience (CX) rating by the team that served the customer, segment and period.
grain: one row per scheme, segment, team and period
alias_of: cx_by_dimension
bind: {dimension: team}
rename: {part: team}
returns: [
  team: {doc: "Team that served the customer; 'Not stated' where the rating names none. Without an answer there is no row."},
  hidden_part: {doc: "1 / hidden rows of the scheme, team and period; null where not hidden."}]
---*/
