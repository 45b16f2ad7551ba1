"""What the functions do, one module per function: read, ask the domain, write once."""
