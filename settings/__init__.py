"""What every room needs and none owns: the home folder, its configuration, and the errors users see."""
