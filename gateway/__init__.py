"""The doors: who is speaking, what they meant, what they may know. Decides nothing about an order or a holding.

Reading order: `protocol/` (pure: words and their meaning), `connection.py` (one socket), `server.py` (the doors and the
follower of the engine), `reports.py` and `history.py` (the private stream), `members.py` and `operators.py` (the methods).
"""
