"""What plugins import from pytest."""
