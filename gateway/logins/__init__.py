"""Logins of people (登录): a password and a second factor open a session of a browser, which acts with one registered key's rights.

Nothing of it is journaled: passwords, secrets and sessions stand in DIR/logins.db. What a person may do is the key's, in the engine.
"""

from gateway.logins.desk import Logins, LoginSettings, WebSession

__all__ = ["LoginSettings", "Logins", "WebSession"]
