"""netproof builds container-networking labs, proves what is documented about them, and lets people break them."""

__version__ = "0.1.0"
