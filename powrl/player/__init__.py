"""What a submission carries: the agent, its rules, and what they look ahead with."""
