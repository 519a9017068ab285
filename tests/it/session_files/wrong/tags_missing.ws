tags
