"""What members plug in: classes for other people's trading software, each behind an optional extra."""
