"""--setup-plan: the options and hooks are in C (src/plugins/setuponly.c)."""
