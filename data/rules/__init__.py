"""The rules of the work as pure functions: no clock, no database, no screen."""
