"""What must survive: journal, input log."""
