"""`tidegate tune` and `tidegate sample`: doors to models.tuning (extra `tune`)."""
