"""What is said on the wire and what it means. Pure: bytes and values in, values and bytes out; no sockets, no clock."""
