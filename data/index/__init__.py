"""The incidents of the database in memory: counted fast, opened from snapshots, kept in step."""
