"""Every metric of every dataset against pandas, on random tables."""
