"""What an operator watches: probes, metrics, and how worker processes add up what they count."""
