"""The torch side: liquid cells, the policy network and its export."""
