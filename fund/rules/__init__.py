"""What the fund's rules say: pure, no SQL, no clock."""
