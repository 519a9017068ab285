repeat many
  > a
