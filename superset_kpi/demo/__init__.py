"""Demo data: an invented telecom with known answers, and two real retail data sets."""
