"""Numbers with their doubts: `python -m bench` (README.md says which question each file answers)."""
