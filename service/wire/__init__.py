"""What goes over the wire: typed requests and answers, and how a body becomes one."""
