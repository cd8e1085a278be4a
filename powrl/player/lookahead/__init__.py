"""What would happen if: candidate actions and their simulated outcomes."""
