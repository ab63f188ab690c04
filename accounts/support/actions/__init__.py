"""What support does for people: the table of actions, who may do them, approvals, previews, forms."""
