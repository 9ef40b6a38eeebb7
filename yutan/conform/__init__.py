"""`yutan conform`: a member's client is taken through what goes wrong in real life, and told what it did right and wrong."""
