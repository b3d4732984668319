"""fastest: runs pytest suites unchanged, natively."""
