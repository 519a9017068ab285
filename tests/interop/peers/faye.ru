# The echo server of faye-websocket for Ruby, on Thin. See python_servers.py.
require 'faye/websocket'

Faye::WebSocket.load_adapter('thin')

run(lambda do |env|
  return [426, {}, ['WebSocket only']] unless Faye::WebSocket.websocket?(env)

  socket = Faye::WebSocket.new(env, ['chat'], max_length: 64 << 20)
  socket.on :message do |event|
    case event.data
    when '!ping' then socket.ping('p1')
    when '!close' then socket.close(4001, 'bye')
    else socket.send(event.data)
    end
  end
  socket.rack_response
end)
