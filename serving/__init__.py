"""What readers get: published builds, and answers from the one that is current."""
