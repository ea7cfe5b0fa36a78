"""What was read, kept in a Parquet file: grouped once, diagnosed many times."""
