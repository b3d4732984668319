"""What is kept of pylib: `py.path.local` and `py.error`."""
