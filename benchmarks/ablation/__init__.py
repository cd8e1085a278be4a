"""What each rule of the overload manager is worth: agents without a policy, one change each."""
