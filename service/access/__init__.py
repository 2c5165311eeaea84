"""Who may ask: API keys, and what is answered without one."""
