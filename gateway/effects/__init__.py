"""What an act would change, as a person reads it: a module for each part of the market, and one table of them all."""
