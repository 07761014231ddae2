"""ROS 2 nodes: thin lifecycle shells around the pilot."""
