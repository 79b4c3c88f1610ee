"""What happens by itself, on a timer; the database decides which process acts."""
