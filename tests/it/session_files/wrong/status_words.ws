< status ok
