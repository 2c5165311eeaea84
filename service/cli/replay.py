"""`tidegate replay`: a door to models.tuning (extra `tune`)."""
