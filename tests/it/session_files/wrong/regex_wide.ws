
# wide characters take two columns
@alice < /日本語(/i
