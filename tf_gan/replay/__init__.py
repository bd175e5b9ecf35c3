"""Pages that show the game on points: a run of ours again, and live training."""
