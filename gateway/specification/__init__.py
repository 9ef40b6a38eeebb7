"""What the doors take and say, as documents for machines: AsyncAPI, and the contract that a test holds."""
