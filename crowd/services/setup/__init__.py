"""What is asked, before anything is: projects with their rules, label sets and instructions."""
