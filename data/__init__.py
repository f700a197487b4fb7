"""What is known: tables, reads, rules and the ways in. Knows no screen."""
