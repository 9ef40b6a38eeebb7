"""TITLE: who owns which units and which cash.

Settlement follows the engine's events into the registry, delivery versus payment, and makes what is published of it:
statements, bulletins, reconciliations. It never sees an order and never matches. `core/` is pure, `store/` keeps the
registry, `worker.py` joins the two. It imports the engine's words and nothing of the gateway.
"""
