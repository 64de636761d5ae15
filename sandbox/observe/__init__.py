"""What happened: the journal of facts, and the views that read it."""
