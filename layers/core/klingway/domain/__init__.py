"""What Klingway knows about jobs, requests and providers: pure data and rules, no input or output."""
