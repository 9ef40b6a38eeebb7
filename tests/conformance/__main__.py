"""The market as a candidate process of tracebook-conformance: its protocol over standard input and output.

tracebook-conformance qualify --profile fifo-full-v1 --candidate-cmd 'python -m tests.conformance' --output-dir DIR
"""

import sys

from tracebook.conformance.protocol import serve_stdio

from tests.conformance.adapter import MarketAdapter

if __name__ == "__main__":
    sys.exit(serve_stdio(MarketAdapter))
