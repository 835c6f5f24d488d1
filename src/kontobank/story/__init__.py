"""Stories: the bank's world as a page for people, and what happens in it day by day."""
