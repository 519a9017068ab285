repeat 2
  include a.ws
