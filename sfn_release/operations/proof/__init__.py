"""The chain of proof: from the content that AWS serves back to the commit that it was made from."""
