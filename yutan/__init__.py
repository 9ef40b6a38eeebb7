"""渝碳 Yutan: the exchange put together, its command line, and the client.

The only package that imports engine, gateway and settlement together. `yutan.client` stands on `gateway.protocol` alone.
"""
